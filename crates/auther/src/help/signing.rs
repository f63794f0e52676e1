//! The same of signed requests.

pub(crate) const SIGNING: &str = "\
Signing is off for a new key. Turn it on, make or hand in a client key, try it, then make it required. The documentation at \
    /docs/signing says what is signed.

Examples:
  auther signing set 2 --algorithm hash-then-rsa
  auther signing generate 2
  auther signing set 2 --algorithm hash-then-rsa --required";

pub(crate) const SIGNING_SET: &str = "\
Client keys stay as they are. With hash-only and no shared key yet, one is made and printed: it cannot be shown again.
Exit status: 0 when it is set, 2 when there is no such key, 1 on an error.

Examples:
  auther signing set 2 --algorithm hash-then-rsa
  auther signing set 2 --algorithm hash-only --required --length-prefixed
  auther signing set 2 --algorithm off";

pub(crate) const SIGNING_SHOW: &str = "\
Exit status: 0 when it is shown, 2 when there is no such key, 1 on an error.

Example:
  auther signing show 2 --json";

pub(crate) const SIGNING_GENERATE: &str = "\
Prints the private half of a new pair in PEM, or a new shared key, as the key is set. Two may be valid at once: remove the old \
    one when the new one is in use.
Exit status: 0 when it is made, 2 when there is no such key, 1 on an error.

Example:
  auther signing generate 2";

pub(crate) const SIGNING_UPLOAD: &str = "\
`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem` makes a pair, and `openssl rsa -in key.pem -pubout \
    -out public.pem` what is handed in.
Exit status: 0 when it is taken, 2 when there is no such key, 1 on an error.

Example:
  auther signing upload 2 public.pem";

pub(crate) const SIGNING_REMOVE: &str = "\
`auther signing show` shows the numbers.
Exit status: 0 when it is removed, 2 when there is no such key, 1 on an error.

Example:
  auther signing remove 2 1";

pub(crate) const SIGNING_SERVER_KEYS: &str = "\
A client verifies with the one that the header Signature-Key names. The first pair is made when somebody asks.

Examples:
  auther signing server-keys
  auther signing server-keys --json";

pub(crate) const SIGNING_ROTATE_SERVER_KEY: &str = "\
Give clients the new public half before it begins: `auther signing server-keys` prints both.

Example:
  auther signing rotate-server-key --in 7d";

pub(crate) const SIGNING_ACCESS_KEY: &str = "\
Prints AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as a shell takes them; the secret cannot be shown again. It is good for what \
    the key is good for.
Exit status: 0 when it is made, 2 when there is no such key, 1 on an error.

Example:
  auther signing access-key 2";

pub(crate) const SIGNING_REMOVE_ACCESS_KEY: &str = "\
`auther signing show` shows the ids.
Exit status: 0 when it is removed, 2 when there is no such key, 1 on an error.

Example:
  auther signing remove-access-key 2 AUTH0123456789ABCDEF";
