// What a page may write. It is compiled, not run.
import { Client, type FaceImage } from "@auther/client";

export async function use(file: File, key: CryptoKeyPair, serverPublicKeys: string[]): Promise<string> {
  const signing = { algorithm: "hash-then-RSA", privateKey: key.privateKey, serverPublicKeys } as const;
  const client = new Client({
    url: location.origin,
    apiKey: "ak",
    signing,
    fetch: (url, request) => fetch(url, request),
  });
  const image: FaceImage = file;
  // @ts-expect-error: a page cannot read files by their paths.
  await client.identify("a.jpg");
  return (await client.identify(image)).personId;
}
