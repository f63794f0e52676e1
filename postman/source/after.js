// After each answer: is it the server's?
const setting = (name) => String(pm.variables.get(name) || "").trim();
const FIVE_MINUTES_MS = 300000;

pm.test("Request-Id is a UUID of version 7", () => {
  pm.expect(pm.response.headers.get("Request-Id")).to.match(
    /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

const signed = setting("signed_request");
// Whose key is not known gets no signature: there is nothing to sign with.
const isUnknown = pm.response.code === 401 && /^A_00[12]$/.test(pm.response.json().code);
const verifiable = setting("private_key") ? setting("server_public_key") : setting("signing_key");

if (signed && !isUnknown && verifiable) {
  pm.test("The answer is signed by the server, and just now", () => {
    const { version, ...request } = JSON.parse(signed);
    const signature = pm.response.headers.get("Signature") || "";
    const timestamp = pm.response.headers.get("Timestamp") || "";
    pm.expect(pm.response.headers.get("Signature-Version") || "1", "Signature-Version").to.equal(version);
    const line = responseLine(version, pm.response.code, { ...request, body: pm.response.text(), timestamp });
    const verifies = setting("private_key")
      ? publicKeys(verifiable).some((key) => rsaVerifies(line, signature, key))
      : hmac(line, verifiable) === signature;
    pm.expect(verifies, "the signature verifies").to.equal(true);
    pm.expect(Math.abs(Number(timestamp) - Date.now()), "milliseconds from now").to.be.below(FIVE_MINUTES_MS);
  });
}
