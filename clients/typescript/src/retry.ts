import {
  ConnectionFailed,
  RateLimited,
  ServiceUnavailable,
  UnauthenticResponse,
  UnexpectedResponse,
} from "./errors.js";

/** How often and how soon a request is sent again. */
export interface RetryPolicy {
  /** How often it is sent at most, the first time included. 4 unless given. */
  readonly attempts: number;
  /** The first pause is up to this many milliseconds, each further one up to twice as many. 250 unless given. */
  readonly baseDelayMs: number;
  /** No pause is planned to be longer; a `Retry-After` beyond it ends the attempts. 20,000 milliseconds unless given. */
  readonly maxDelayMs: number;
}

// Four attempts are over within two seconds unless the server asks for more: an overload that takes longer is not ours
// to wait for.
const DEFAULT_POLICY: RetryPolicy = { attempts: 4, baseDelayMs: 250, maxDelayMs: 20_000 };

// What setTimeout can wait for: beyond 31 bits of milliseconds it does not wait at all.
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The policy that the options ask for. */
export function toPolicy(options: Partial<RetryPolicy> | false | undefined): RetryPolicy {
  if (options === false) return { ...DEFAULT_POLICY, attempts: 1 };
  const policy = { ...DEFAULT_POLICY, ...options };
  if (!Number.isInteger(policy.attempts) || policy.attempts < 1)
    throw new RangeError("retry.attempts must be 1 or more.");
  for (const name of ["baseDelayMs", "maxDelayMs"] as const) {
    const delay = policy[name];
    if (!(delay >= 0 && delay <= TIMER_MS_MAX)) throw new RangeError(`retry.${name} must be 0 to ${TIMER_MS_MAX}.`);
  }
  return policy;
}

/**
 * Makes attempts until one succeeds, fails for good, or was the last.
 *
 * @param harmless - Whether the request may be carried out twice, so that it is sent again where nobody knows whether it
 *   was.
 */
export async function withRetries<T>(
  policy: RetryPolicy,
  harmless: boolean,
  signal: AbortSignal | undefined,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let made = 1; ; made += 1) {
    try {
      return await attempt();
    } catch (error) {
      const pause = made < policy.attempts ? pauseAfter(error, made, policy, harmless) : undefined;
      if (pause === undefined) throw error;
      await sleep(pause, signal);
    }
  }
}

/** How long to wait before the next attempt in milliseconds; undefined if there is to be none. */
function pauseAfter(error: unknown, made: number, policy: RetryPolicy, harmless: boolean): number | undefined {
  if (!notCarriedOut(error) && !(harmless && perhapsCarriedOut(error))) return undefined;
  const asked = error instanceof RateLimited || error instanceof ServiceUnavailable ? (error.retryAfterMs ?? 0) : 0;
  if (asked > policy.maxDelayMs) return undefined;
  // Full jitter: clients that were refused together do not come back together.
  return asked + Math.random() * Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (made - 1));
}

/** The server refused it; one that ran out of time may have done it all the same. */
function notCarriedOut(error: unknown): boolean {
  return error instanceof RateLimited || (error instanceof ServiceUnavailable && error.type !== "timed_out");
}

/** Nobody knows: the connection broke, the server ran out of time, or something between says that it is overloaded. */
function perhapsCarriedOut(error: unknown): boolean {
  if (error instanceof ConnectionFailed || error instanceof ServiceUnavailable) return true;
  const ofUnknownOrigin = error instanceof UnauthenticResponse || error instanceof UnexpectedResponse;
  return ofUnknownOrigin && (error.status === 429 || error.status === 503);
}

/** Waits, or throws the signal's reason as soon as it is aborted. */
function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abandon = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abandon);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abandon, { once: true });
  });
}
