/* The phone's half of the agreement: check the platform's word, agree on a key, and keep what was
   pressed only as a ciphertext, made anew with each press. WebCrypto alone. */

const LABEL = "rcb-pinpad-1", ALGORITHM = "ECDH-P256+A256GCM";
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const encoder = new TextEncoder();

export class Untrusted extends Error {}

export function toText(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromText(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, character => character.charCodeAt(0));
}

/* Everything that this page goes by is part of what the platform signed. */
export async function requirePlatform(offer, keys) {
  const key = keys.find(each => each.kid === offer.enc_key.signed_by);
  if (!key || offer.enc_key.alg !== ALGORITHM) throw new Untrusted();
  const lines = [
    LABEL, offer.session_id, offer.app_id, offer.environment, offer.purpose, String(offer.length),
    offer.server_random, offer.layout.join(","), offer.expires_at, ALGORITHM, offer.enc_key.pub,
  ];
  const { kty, crv, x, y } = key, scheme = { name: "ECDSA", namedCurve: "P-256" };
  const known = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, scheme, false, ["verify"]);
  const isRight = await crypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" }, known, fromText(offer.enc_key.signature),
    encoder.encode(lines.join("\n")),
  );
  if (!isRight) throw new Untrusted();
}

export async function agree(offer) {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const ours = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const theirs = fromText(offer.enc_key.pub);
  const peer = await crypto.subtle.importKey("raw", theirs, CURVE, false, []);
  const shared = await crypto.subtle.deriveBits({ ...CURVE, public: peer }, pair.privateKey, 256);
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  new Uint8Array(shared).fill(0);
  const info = new Uint8Array([...encoder.encode(LABEL), ...ours, ...theirs]);
  const salt = encoder.encode(offer.server_random);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info }, secret, { name: "AES-GCM", length: 256 }, false,
    ["encrypt", "decrypt"],
  );
  const bound = offer.session_id + offer.app_id + offer.server_random + offer.purpose;
  return new Pressed(key, encoder.encode(bound), ours);
}

/* Between two presses there is only a ciphertext, and its key cannot be taken out of the browser. */
class Pressed {
  #key; #bound; #ours; #iv = null; #sealed = null; #count = 0; #last = Promise.resolve();

  constructor(key, bound, ours) {
    this.#key = key; this.#bound = bound; this.#ours = ours;
  }

  add(position) { return this.#next(() => this.#change(this.#count + 1, position)); }

  drop() { return this.#next(() => this.#change(Math.max(0, this.#count - 1))); }

  clear() { return this.#next(() => this.#change(0)); }

  /* The ciphertext, once; nothing can be pressed afterwards. */
  take() {
    return this.#next(() => {
      const end = this.#sealed.length - 16;
      const parts = {
        eph_pub: toText(this.#ours), iv: toText(this.#iv), ct: toText(this.#sealed.subarray(0, end)),
        tag: toText(this.#sealed.subarray(end)),
      };
      this.end();
      return parts;
    });
  }

  end() {
    this.#sealed?.fill(0); this.#ours.fill(0);
    this.#key = this.#sealed = this.#iv = null; this.#count = 0;
  }

  /* Presses wait for each other, however fast the fingers are. */
  #next(step) {
    this.#last = this.#last.then(() => (this.#key ? step() : undefined));
    return this.#last;
  }

  async #change(count, position) {
    const plain = new Uint8Array(count);
    try {
      if (this.#count && count) {
        const before = new Uint8Array(await crypto.subtle.decrypt(this.#scheme(), this.#key, this.#sealed));
        plain.set(before.subarray(0, count));
        before.fill(0);
      }
      if (position !== undefined) plain[count - 1] = position;
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = new Uint8Array(await crypto.subtle.encrypt(this.#scheme(iv), this.#key, plain));
      this.#sealed?.fill(0);
      this.#iv = iv; this.#sealed = sealed; this.#count = count;
    } finally {
      plain.fill(0);
    }
  }

  #scheme(iv = this.#iv) { return { name: "AES-GCM", iv, additionalData: this.#bound }; }
}
