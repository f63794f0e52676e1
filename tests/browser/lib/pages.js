// The table of docs/back-office.md: every route with the least role that may use it. A new route is in it by itself.
import { readFile } from "node:fs/promises";
import path from "node:path";

import { ROOT } from "./server.js";

export const ROLES = ["viewer", "developer", "owner", "operator"];

export async function routes() {
  const page = await readFile(path.join(ROOT, "docs/back-office.md"), "utf8");
  const rows = [...page.matchAll(/^\| (GET|POST|PUT|DELETE) \| `([^`]+)` \| (\w+) \|$/gm)];
  return rows.map(([, method, route, least]) => ({ method, route, least }));
}

/** A path of the route with something that nothing has in place of its parameters. */
export function somewhere(route) {
  return route.replace("{*path}", "person/face/nobody").replace("{person_id}", "nobody").replace("{id}", "987654").replace(/\{\w+\}/, "none");
}
