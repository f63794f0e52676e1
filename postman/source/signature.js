// What Postman's sandbox lacks. Everywhere it has hashes (CryptoJS) and BigInt; WebCrypto is in the newest Postman alone
// and not in newman. How long this RSA takes depends on the key: it is for trying the API out, not for production.

// The DER prefix of a SHA-256 digest (RFC 8017, section 9.2).
const SHA256_PREFIX = "3031300d060960864801650304020105000420";

const utf8 = (text) => CryptoJS.enc.Utf8.parse(text);
const joined = (pieces) => pieces.reduce((line, piece) => line.concat(piece), CryptoJS.lib.WordArray.create());

/** The line of version 1: the parts behind each other. */
const plain = (parts) => joined(parts.map(utf8));

/** The line of version 2: `<length in bytes>:<bytes>,` of each part. */
const prefixed = (parts) => joined(parts.map(utf8).flatMap((part) => [utf8(`${part.sigBytes}:`), part, utf8(",")]));

function requestLine(version, { method, base, uri, body, timestamp, nonce }) {
  if (version !== "2") return plain([base, uri, body, timestamp]);
  return prefixed(["auther-request-v2", method, base, uri, body, timestamp, nonce]);
}

function responseLine(version, status, { method, base, uri, body, timestamp, nonce }) {
  if (version !== "2") return plain([base, uri, body, timestamp]);
  return prefixed(["auther-response-v2", String(status), method, base, uri, body, timestamp, nonce]);
}

const hmac = (line, key) => CryptoJS.HmacSHA256(line, utf8(key)).toString(CryptoJS.enc.Base64);

/** The contents of DER values that follow each other, all in hexadecimal digits. */
function values(hex) {
  const found = [];
  for (let at = 2; at < hex.length; at += 2) {
    let length = parseInt(hex.slice(at, at + 2), 16);
    at += 2;
    if (length > 127) {
      const digits = 2 * (length - 128);
      length = parseInt(hex.slice(at, at + digits), 16);
      at += digits;
    }
    found.push(hex.slice(at, at + 2 * length));
    at += 2 * length;
  }
  return found;
}

/** The DER of every PEM block with this label. Line ends may have become spaces or `\n` on their way into a variable. */
function pem(text, label) {
  const blocks = [...text.matchAll(new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, "g"))];
  return blocks.map(([, block]) => CryptoJS.enc.Base64.parse(block.replace(/\\n|\s/g, "")).toString(CryptoJS.enc.Hex));
}

const number = (hex) => BigInt(`0x${hex}`);

/** Modulus and private exponent of a key in PEM: PKCS#8, or PKCS#1 as older OpenSSL writes it. */
function privateKey(text) {
  const inner = pem(text, "PRIVATE KEY").map((der) => values(values(der)[0])[2]);
  const [der] = [...inner, ...pem(text, "RSA PRIVATE KEY")];
  if (!der) throw new Error("private_key is not an RSA private key in PEM.");
  const [, modulus, , exponent] = values(values(der)[0]);
  return { modulus: number(modulus), exponent: number(exponent) };
}

/** Modulus and exponent of every public key in the text. */
function publicKeys(text) {
  return pem(text, "PUBLIC KEY").map((der) => {
    // A bit string begins with the number of bits that do not count: 00.
    const [modulus, exponent] = values(values(values(values(der)[0])[1].slice(2))[0]);
    return { modulus: number(modulus), exponent: number(exponent) };
  });
}

function power(base, exponent, modulus) {
  let result = BigInt(1);
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

const hexDigits = ({ modulus }) => 2 * Math.ceil(modulus.toString(16).length / 2);

/** The digest of the line as RSASSA-PKCS1-v1_5 pads it for a key. */
function padded(line, key) {
  const end = `00${SHA256_PREFIX}${CryptoJS.SHA256(line).toString(CryptoJS.enc.Hex)}`;
  return `0001${end.padStart(hexDigits(key) - 4, "f")}`;
}

/** As `openssl dgst -sha256 -sign` signs, in base64. */
function rsa(line, key) {
  const signature = power(number(padded(line, key)), key.exponent, key.modulus);
  return CryptoJS.enc.Hex.parse(signature.toString(16).padStart(hexDigits(key), "0")).toString(CryptoJS.enc.Base64);
}

function rsaVerifies(line, signature, key) {
  const hex = CryptoJS.enc.Base64.parse(signature).toString(CryptoJS.enc.Hex);
  if (hex.length !== hexDigits(key)) return false;
  return power(number(hex), key.exponent, key.modulus).toString(16).padStart(hexDigits(key), "0") === padded(line, key);
}
