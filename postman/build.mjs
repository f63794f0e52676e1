// Makes the collection and the environment of the OpenAPI document and what is in source/ and images/. With --check it
// writes nothing and fails if the committed files are others.
import { readFile, writeFile } from "node:fs/promises";
import { STATUS_CODES } from "node:http";

import { ENVIRONMENT, FOLDERS, IMAGES } from "./source/requests.mjs";

const SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
// Fixed, so that importing the collection again replaces it.
const COLLECTION_ID = "6f1c2c1e-3f0b-4d0c-9d5a-a07e60000001";
const ENVIRONMENT_ID = "6f1c2c1e-3f0b-4d0c-9d5a-a07e60000002";

const at = (name) => new URL(name, import.meta.url);
const text = (name) => readFile(at(name), "utf8");
const openapi = JSON.parse(await text("../openapi/auther-check-api.json"));

const operations = new Map();
for (const [path, methods] of Object.entries(openapi.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    operations.set(operation.operationId, { ...operation, path, method: method.toUpperCase() });
  }
}

const used = new Set(FOLDERS.flatMap(({ requests }) => requests.map(({ operation }) => operation)));
const missing = [...operations.keys()].filter((id) => !used.has(id));
if (missing.length > 0) throw new Error(`source/requests.mjs has no request for ${missing.join(", ")}.`);

function item(request) {
  const operation = operations.get(request.operation);
  const { name = operation.summary, answer } = request;
  const described = name === operation.summary ? operationDescription(operation) : caseOf(operation, answer)?.summary;
  const sent = sending(operation, request);
  const description = described ?? `Another ${operation.summary.toLowerCase()}.`;
  return {
    name,
    event: [script("test", tests(operation, answer))],
    request: { ...sent, description },
    response: examples(operation, name, answer).map((example) => ({ ...example, originalRequest: sent })),
  };
}

/** The request as Postman sends it. */
function sending(operation, { personId, json, body = json && JSON.stringify(json, null, 2), key }) {
  const path = operation.path.replace("{person_id}", personId).slice(1).split("/");
  const sent = {
    method: operation.method,
    header: [],
    url: { raw: ["{{base_url}}", ...path].join("/"), host: ["{{base_url}}"], path },
  };
  if (operation.security?.length === 0 || key === null) sent.auth = { type: "noauth" };
  if (typeof key === "string") sent.auth = apiKey(key);
  if (body !== undefined) {
    sent.header.push({ key: "Content-Type", value: "application/json" });
    sent.body = { mode: "raw", raw: body, options: { raw: { language: "json" } } };
  }
  return sent;
}

function apiKey(value) {
  const entries = { key: "Api-Key", value, in: "header" };
  return { type: "apikey", apikey: Object.entries(entries).map(([key, value]) => ({ key, value, type: "string" })) };
}

function operationDescription({ description, "x-permission": permission, "x-error-codes": codes }) {
  const rows = openapi["x-error-codes"].filter(({ code }) => codes.includes(code));
  const table = rows.map(({ code, status, message, meaning }) => `| ${code} | ${status} | ${message} | ${meaning} |`);
  const paragraphs = [description];
  if (permission) paragraphs.push(`The key needs the permission \`${permission}\`.`);
  if (rows.length > 0)
    paragraphs.push(["| code | status | message | when |", "| --- | --- | --- | --- |", ...table].join("\n"));
  return paragraphs.join("\n\n");
}

/** The documented example of an error. */
function caseOf(operation, { status, type }) {
  return type && content(operation.responses[status]).examples[type];
}

const content = (response) => response.content?.["application/json"] ?? { examples: {} };

/** The documented answers: every success and, of the errors, the first case of each code. */
function examples(operation, name, { status: wanted, type }) {
  const all = Object.entries(operation.responses).flatMap(([status, response]) => {
    const cases = Object.entries(content(response).examples);
    // An answer without a body has no examples, and is one.
    const shown = cases.length > 0 ? cases : [["empty", { summary: response.description }]];
    const header = Object.entries(response.headers ?? {}).map(([name, value]) => [name, resolved(value)]);
    const always = header
      .filter(([, { required }]) => required)
      .map(([key, { example }]) => ({ key, value: String(example) }));
    return shown.map(([id, { summary, value }]) => {
      const body = value && ordered(value, content(response).schema);
      return { id, status: Number(status), summary, value: body, header: always };
    });
  });
  const codes = new Set();
  const shown = all.filter(({ id, status, value }) => {
    if (type) return status === wanted && id === type;
    if (name !== operation.summary) return status === 200;
    return status === 200 || !(codes.has(value.code) || !codes.add(value.code));
  });
  return shown.map(({ status, summary, value, header }) => ({
    name: `${status} ${summary}`,
    status: STATUS_CODES[status],
    code: status,
    _postman_previewlanguage: "json",
    header: value === undefined ? header : [{ key: "Content-Type", value: "application/json" }, ...header],
    cookie: [],
    body: value === undefined ? "" : JSON.stringify(value, null, 2),
  }));
}

/** What a request's answer has to be. */
function tests(operation, { status, type, facesMatched }) {
  const { schema } = content(operation.responses[status]);
  const lines = [`pm.test("The status is ${status}", () => pm.response.to.have.status(${status}));`];
  if (schema) {
    const shape = JSON.stringify(plainSchema(schema));
    lines.push(`pm.test("The answer has the documented shape", () => pm.response.to.have.jsonSchema(${shape}));`);
  } else {
    lines.push('pm.test("The answer has no body", () => pm.expect(pm.response.text()).to.equal(""));');
  }
  if (type) {
    const { code } = caseOf(operation, { status, type }).value;
    const expected = JSON.stringify({ code, type });
    lines.push(`pm.test("It is ${code} ${type}", () => pm.expect(pm.response.json()).to.include(${expected}));`);
  }
  if (facesMatched) {
    lines.push(
      `pm.test("facesMatched is as expected", () => pm.expect(pm.response.json().facesMatched).to.be.${facesMatched});`,
    );
  }
  return lines.join("\n");
}

/** What a reference within the document refers to. */
function resolved({ $ref, ...value }) {
  return $ref
    ? $ref
        .split("/")
        .slice(1)
        .reduce((found, name) => found[name], openapi)
    : value;
}

/** An example with its fields in the order in which the service writes them. */
function ordered(value, schema = {}) {
  const { properties = {}, items, oneOf, "x-order": order = [] } = resolved(schema);
  if (oneOf) return ordered(value, oneOf[0]);
  if (Array.isArray(value)) return value.map((each) => ordered(each, items));
  if (typeof value !== "object" || value === null) return value;
  const names = [
    ...order.filter((name) => name in value),
    ...Object.keys(value).filter((name) => !order.includes(name)),
  ];
  return Object.fromEntries(names.map((name) => [name, ordered(value[name], properties[name])]));
}

/** A schema without references and without what Postman's validator does not know. */
function plainSchema(schema) {
  if (Array.isArray(schema)) return schema.map(plainSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  if (schema.$ref) return plainSchema(resolved(schema));
  const unknown = /^(x-|description$|example|format$|content)/;
  const isNames = (key) => key === "properties";
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !unknown.test(key))
      .map(([key, value]) => [key, isNames(key) ? mapValues(value, plainSchema) : plainSchema(value)]),
  );
}

const mapValues = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

function script(listen, source) {
  return { listen, script: { type: "text/javascript", exec: source.trimEnd().split("\n") } };
}

async function collection() {
  const shared = await text("source/signature.js");
  const variables = Object.entries(IMAGES).map(async ([key, description]) => {
    const value = (await readFile(at(`images/${key}.jpg`))).toString("base64");
    return { key, value, type: "string", description };
  });
  return {
    info: {
      _postman_id: COLLECTION_ID,
      name: openapi.info.title,
      description: await text("source/description.md"),
      schema: SCHEMA,
    },
    auth: apiKey("{{api_key}}"),
    event: [
      script("prerequest", `${shared}\n${await text("source/before.js")}`),
      script("test", `${shared}\n${await text("source/after.js")}`),
    ],
    item: FOLDERS.map(({ name, description, requests }) => ({ name, description, item: requests.map(item) })),
    variable: await Promise.all(variables),
  };
}

function environment() {
  const values = ENVIRONMENT.map(({ key, value = "", type = "default", description }) => ({
    key,
    value,
    type,
    description,
    enabled: true,
  }));
  return { id: ENVIRONMENT_ID, name: "Auther", values, _postman_variable_scope: "environment" };
}

const isCheck = process.argv.includes("--check");
const files = {
  "auther-check-api.postman_collection.json": await collection(),
  "auther.postman_environment.json": environment(),
};
for (const [name, value] of Object.entries(files)) {
  const made = `${JSON.stringify(value, null, 2)}\n`;
  if (!isCheck) await writeFile(at(name), made);
  else if ((await text(name).catch(() => "")) !== made) {
    console.error(`postman/${name} is not what build.mjs makes: run \`node postman/build.mjs\` and commit.`);
    process.exitCode = 1;
  }
}
