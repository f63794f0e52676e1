// What a program on Node may write. It is compiled, not run.
import { Client, ApiError, ImageRefused, type FaceImage, type Person } from "@auther/client";

const client = new Client({
  url: new URL("http://127.0.0.1:8080"),
  apiKey: "ak",
  retry: { attempts: 2 },
  timeoutMs: 1000,
});
const images: FaceImage[] = [
  "a.jpg",
  new URL("file:///a.jpg"),
  Buffer.from(""),
  new Uint8Array(),
  new ArrayBuffer(1),
  new Blob([]),
  { base64: "" },
];

export async function use(): Promise<Person> {
  for (const image of images) await client.check(image, { signal: AbortSignal.timeout(1000) });
  const { facesMatched } = await client.compare("a.jpg", "b.jpg", { similarityThreshold: 98 });
  const rounded: number = facesMatched;
  // @ts-expect-error: an image is no number.
  await client.identify(rounded);
  // @ts-expect-error: a removal returns nothing.
  const nothing: Person = await client.remove("a");
  // @ts-expect-error: without the server's keys no answer could be verified.
  new Client({ url: "http://a", apiKey: "ak", signing: { algorithm: "hash-then-RSA", privateKey: nothing.personId } });
  // @ts-expect-error: there is no version 3.
  new Client({ url: "http://a", apiKey: "ak", signing: { algorithm: "hash-only", signingKey: "sk", version: 3 } });
  try {
    return await client.enrol("a", "a.jpg");
  } catch (error) {
    if (error instanceof ImageRefused)
      for (const { check, value, min, max } of error.details) console.log(check, value, min, max);
    if (error instanceof ApiError) console.log(error.code, error.type, error.status, error.requestId ?? "");
    throw error;
  }
}
