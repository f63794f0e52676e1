import { toApiError } from "./error_table.js";
import { ConnectionFailed, UnauthenticResponse, UnexpectedResponse, type Refusal } from "./errors.js";
import type { ClientOptions, Fetch } from "./client.js";
import { withRetries, type RetryPolicy } from "./retry.js";
import type { Detail } from "./shapes.js";
import { Signer, type Answer } from "./signing/signer.js";

/** A little more than the 30 seconds that a server gives itself: its answer says more than our giving up. */
const DEFAULT_TIMEOUT_MS = 40_000;

/** A call of the API. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path and query, encoded. */
  readonly uri: string;
  /** What becomes the JSON of the body; without it there is no body. */
  readonly body?: object;
  /** Whether it may be carried out twice. */
  readonly harmless: boolean;
}

/** Sends calls: attempts, signatures, answers made values or exceptions. */
export class Transport {
  readonly #url: string;
  readonly #apiKey: string;
  readonly #signer: Signer | undefined;
  readonly #retry: RetryPolicy;
  readonly #timeoutMs: number;
  readonly #fetch: Fetch;

  constructor(options: Omit<ClientOptions, "retry"> & { readonly retry: RetryPolicy }) {
    this.#url = baseUrl(options.url);
    // Not quoted: it may be a key with a line break behind it. What fetch says of a wrong header would quote it.
    if (typeof options.apiKey !== "string" || !/^[\x21-\x7e]+$/.test(options.apiKey)) {
      throw new TypeError("apiKey must be printable ASCII without spaces.");
    }
    this.#apiKey = options.apiKey;
    this.#signer = options.signing && new Signer(options.signing, this.#url);
    this.#retry = options.retry;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (!(this.#timeoutMs > 0)) throw new RangeError("timeoutMs must be more than 0.");
    this.#fetch = options.fetch ?? ((url, request) => globalThis.fetch(url, request));
  }

  /** The JSON of a success, undefined where it has no body; anything else is thrown. */
  async send(call: Call, signal: AbortSignal | undefined): Promise<unknown> {
    const body = new TextEncoder().encode(call.body ? JSON.stringify(call.body) : "");
    return withRetries(this.#retry, call.harmless, signal, () => this.#attempt(call, body, signal));
  }

  async #attempt({ method, uri, body: json }: Call, body: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    const signed = await this.#signer?.sign({ method, uri, body });
    const headers: Record<string, string> = { "Api-Key": this.#apiKey, ...signed?.headers };
    if (json) headers["Content-Type"] = "application/json";
    const answer = await this.#exchange(uri, { method, headers, body: json ? body : null }, signal);
    const requestId = answer.headers.get("Request-Id") ?? undefined;
    const doubt = await signed?.doubt(answer);
    const refusal = refusalOf(answer, requestId);
    if (doubt) throw new UnauthenticResponse(doubt, answer.status, requestId, refusal);
    if (refusal) throw toApiError(refusal);
    return valueOf(method, answer, requestId);
  }

  /** Sends a request and receives the whole answer within the time of an attempt. */
  async #exchange(uri: string, request: RequestInit, signal: AbortSignal | undefined): Promise<Answer> {
    const attempt = new AbortController();
    const abandon = () => attempt.abort();
    signal?.addEventListener("abort", abandon, { once: true });
    const timer = setTimeout(abandon, this.#timeoutMs);
    try {
      // Not called as a method of ours: browsers insist on `fetch` being the window's.
      const send = this.#fetch;
      const response = await send(this.#url + uri, {
        ...request,
        signal: attempt.signal,
        // A redirection would take the key to wherever it points.
        redirect: "manual",
        credentials: "omit",
        cache: "no-store",
      });
      return { status: response.status, headers: response.headers, body: new Uint8Array(await response.arrayBuffer()) };
    } catch (cause) {
      signal?.throwIfAborted();
      const late = attempt.signal.aborted;
      const why = late ? `there was no answer within ${this.#timeoutMs} ms` : "the connection failed";
      throw new ConnectionFailed(`No answer of ${this.#url}: ${why}.`, { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abandon);
    }
  }
}

function baseUrl(url: string | URL): string {
  const text = String(url).replace(/\/+$/, "");
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const plain = parsed && !parsed.username && !parsed.password && !parsed.search && !parsed.hash;
  if (!plain || !/^https?:$/.test(parsed.protocol)) {
    throw new TypeError("url must be an http or https address without a user, a query or a fragment.");
  }
  return text;
}

function valueOf(method: Call["method"], answer: Answer, requestId: string | undefined): unknown {
  // A removal has nothing to say, every other success an object.
  const value = answer.body.length > 0 ? json(answer.body) : undefined;
  const isExpected = method === "DELETE" ? answer.body.length === 0 : isObject(value);
  if (answer.status !== 200 || !isExpected) throw new UnexpectedResponse(answer.status, requestId);
  return value;
}

/** The error that an answer is; undefined if it is none of the API. */
function refusalOf({ status, headers, body }: Answer, requestId: string | undefined): Refusal | undefined {
  const value = status >= 400 ? json(body) : undefined;
  if (!isObject(value)) return undefined;
  const { code, type, message, details } = value;
  if (typeof code !== "string" || typeof type !== "string" || typeof message !== "string") return undefined;
  return {
    status,
    code,
    type,
    message,
    details: Array.isArray(details) ? (details as Detail[]) : [],
    requestId,
    retryAfterMs: retryAfterMs(headers.get("Retry-After")),
  };
}

/** Seconds, or a date as proxies may write it. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
