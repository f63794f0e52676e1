// Before each request: signs it, if the environment has a key to sign with.
const setting = (name) => String(pm.variables.get(name) || "").trim();

function sign() {
  const base = setting("base_url");
  const url = pm.variables.replaceIn(pm.request.url.toString());
  // As Postman writes it on the wire.
  const uri = url.slice(base.length).replace(/[^\x21-\x7e]|["<>`{}]/gu, encodeURIComponent);
  const body = pm.variables.replaceIn((pm.request.body && pm.request.body.raw) || "");
  // What is signed is what is sent: no variable is left to be filled in afterwards.
  if (body) pm.request.body.raw = body;
  const version = setting("signature_version") === "2" ? "2" : "1";
  const request = {
    method: pm.request.method,
    base: (setting("public_url") || base).replace(/\/+$/, ""),
    uri,
    body,
    timestamp: String(Date.now()),
    nonce: CryptoJS.lib.WordArray.random(16).toString(CryptoJS.enc.Hex),
  };
  const line = requestLine(version, request);
  const key = setting("private_key");
  const signature = key ? rsa(line, privateKey(key)) : hmac(line, setting("signing_key"));
  const headers = { Signature: signature, Timestamp: request.timestamp };
  if (version === "2") Object.assign(headers, { "Signature-Version": "2", Nonce: request.nonce });
  for (const [name, value] of Object.entries(headers)) pm.request.headers.upsert({ key: name, value });
  // For the script after the answer; the body, which may be an image, is not part of that line.
  return JSON.stringify({ ...request, version, body: "" });
}

const takesKey = pm.request.url.toString().startsWith("{{base_url}}/person/");
if (takesKey && !setting("api_key")) throw new Error("Choose the environment Auther and set api_key in it.");
const signs = takesKey && (setting("private_key") || setting("signing_key"));
pm.variables.set("signed_request", signs ? sign() : "");
