import { toBase64, type FaceImage } from "./image.js";
import { toPolicy, type RetryPolicy } from "./retry.js";
import type { CheckedImage, FacesMatched, Person } from "./shapes.js";
import type { Signing } from "./signing/options.js";
import { Transport, type Call } from "./transport.js";

/** How a client is set up. */
export interface ClientOptions {
  /** Where the service is, as `https://auther.example.org`. */
  readonly url: string | URL;
  /** The API key. It is sent with every request and shown nowhere. */
  readonly apiKey: string;
  /** How requests are signed and answers verified; without it they are not. */
  readonly signing?: Signing;
  /** How often and how soon a request is sent again; `false` for never. */
  readonly retry?: Partial<RetryPolicy> | false;
  /** How long one attempt may take in milliseconds; 40,000 unless given, a little more than the server gives itself. */
  readonly timeoutMs?: number;
  /** What sends the requests: the platform's `fetch` unless given. */
  readonly fetch?: Fetch;
}

/** What sends a request, as the platform's `fetch` does. */
export type Fetch = (url: string, request: RequestInit) => Promise<Response>;

/** What every call takes. */
export interface CallOptions {
  /** Gives the call up, whether it is waiting for an answer or for the next attempt. */
  readonly signal?: AbortSignal;
}

/** What a comparison takes. */
export interface CompareOptions extends CallOptions {
  /** The similarity in percent from which the faces match: 0 to 100, 80 unless given. */
  readonly similarityThreshold?: number;
}

/**
 * The calls of the Auther Check API, for images of the type `Image`. A call is repeated as the retry policy says; every
 * exception is an `AutherError` but for wrong arguments (`TypeError`, `RangeError`) and the reason of an aborted signal.
 */
export abstract class Calls<Image> {
  readonly #transport: Transport;
  readonly #load: (image: Image) => Promise<FaceImage>;

  /**
   * @param options - How the client is set up.
   * @param load - Makes an image that the API takes of what this platform's callers have.
   */
  protected constructor(options: ClientOptions, load: (image: Image) => Promise<FaceImage>) {
    this.#transport = new Transport({ ...options, retry: toPolicy(options.retry) });
    this.#load = load;
  }

  /**
   * Enrols a person.
   *
   * @param personId - The id that you choose: 1 to 128 characters of `A-Z a-z 0-9 . _ ~ @ : + -`.
   * @param image - A portrait that meets the image requirements.
   * @throws {@link PersonExists}, {@link FaceExists}, {@link ImageRefused}
   */
  async enrol(personId: string, image: Image, options?: CallOptions): Promise<Person> {
    const call = { method: "POST", uri: facePath(personId), harmless: false } as const;
    return (await this.#send({ ...call, body: { faceImage: await this.#base64(image) } }, options)) as Person;
  }

  /**
   * Replaces the image of an enrolled person.
   *
   * @throws {@link PersonNotFound}, {@link FaceExists}, {@link ImageRefused}
   */
  async update(personId: string, image: Image, options?: CallOptions): Promise<Person> {
    const call = { method: "PUT", uri: facePath(personId), harmless: true } as const;
    return (await this.#send({ ...call, body: { faceImage: await this.#base64(image) } }, options)) as Person;
  }

  /**
   * Removes a person for good.
   *
   * @throws {@link PersonNotFound}
   */
  async remove(personId: string, options?: CallOptions): Promise<void> {
    await this.#send({ method: "DELETE", uri: facePath(personId), harmless: false }, options);
  }

  /**
   * The person with this id.
   *
   * @throws {@link PersonNotFound}
   */
  async get(personId: string, options?: CallOptions): Promise<Person> {
    return (await this.#send({ method: "GET", uri: facePath(personId), harmless: true }, options)) as Person;
  }

  /**
   * Finds the enrolled person whose face is on the image (1:N).
   *
   * @throws {@link NoPersonMatched}
   */
  async identify(image: Image, options?: CallOptions): Promise<Person> {
    return (await this.#ask("/person/recognize-face", { faceImage: await this.#base64(image) }, options)) as Person;
  }

  /**
   * Verifies that the face on the image is that of the person (1:1): returns the person, or throws.
   *
   * @throws {@link FaceNotMatched}, {@link PersonNotFound}
   */
  async verify(personId: string, image: Image, options?: CallOptions): Promise<Person> {
    const uri = `/person/verify-face/${segment(personId)}`;
    return (await this.#ask(uri, { faceImage: await this.#base64(image) }, options)) as Person;
  }

  /** Compares the largest faces of two images; neither is kept. */
  async compare(source: Image, target: Image, options?: CompareOptions): Promise<FacesMatched> {
    const [sourceImage, targetImage] = await Promise.all([this.#base64(source), this.#base64(target)]);
    // An undefined threshold is not in the JSON.
    const body = { sourceImage, targetImage, similarityThreshold: options?.similarityThreshold };
    return (await this.#ask("/person/compare-face", body, options)) as FacesMatched;
  }

  /** Measures on an image everything that an enrolment would measure, and keeps nothing. */
  async check(image: Image, options?: CallOptions): Promise<CheckedImage> {
    return (await this.#ask("/person/check-face", { faceImage: await this.#base64(image) }, options)) as CheckedImage;
  }

  /** A call that changes nothing. */
  #ask(uri: string, body: object, options: CallOptions | undefined): Promise<unknown> {
    return this.#send({ method: "POST", uri, body, harmless: true }, options);
  }

  #send(call: Call, options: CallOptions | undefined): Promise<unknown> {
    return this.#transport.send(call, options?.signal);
  }

  async #base64(image: Image): Promise<string> {
    return toBase64(await this.#load(image));
  }
}

function facePath(personId: string): string {
  return `/person/face/${segment(personId)}`;
}

/** A person id in a path. What the server can refuse is left to it. */
function segment(personId: string): string {
  if (typeof personId !== "string" || personId === "")
    throw new TypeError("The person id must be a text that is not empty.");
  // URLs resolve these two, also in their encoded form: the request would reach another path.
  if (personId === "." || personId === "..") throw new RangeError("The person ids . and .. cannot be sent in a URL.");
  return encodeURIComponent(personId);
}
