import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv6 } from "node:net";
import { promisify } from "node:util";
import * as der from "./der.ts";

/** The subject of a certificate: a user (`organizations` are Kubernetes' groups) or a server (`names` and `addresses` are its hosts). */
export type Subject = { commonName: string; organizations?: string[]; names?: string[]; addresses?: string[] };

/** PEM: an X.509 certificate and its PKCS#8 private key. */
export type KeyPair = { readonly certificate: string; readonly key: string };

/** `ec` is P-256. Entra ID accepts only `rsa` (2048 bits). */
export type KeyKind = "ec" | "rsa";

/** A certificate authority that exists as long as the sandbox. Its certificates are valid for servers and for clients. */
export type Authority = KeyPair & { issue(of: Subject, kind?: KeyKind): Promise<KeyPair> };

const newKeyPair = promisify(generateKeyPair);
const day = 24 * 3600 * 1000;

/** Creates a CA: EC P-256, ecdsa-with-SHA256, valid for a year (RFC 5280). It does not use openssl, which may not be installed. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const own = await newKeyPair("ec", { namedCurve: "P-256" });
  const issuer = { name: distinguishedName({ commonName }), key: own.privateKey, keyId: keyId(own.publicKey) };
  return {
    certificate: certify(issuer, issuer.name, own.publicKey, [
      extension("2.5.29.19", true, der.sequence(der.boolean(true))), // basicConstraints: a CA
      extension("2.5.29.15", true, der.bits(Buffer.from([0x06]), 1)), // keyUsage: keyCertSign, cRLSign
    ]),
    key: pem("PRIVATE KEY", own.privateKey.export({ type: "pkcs8", format: "der" })),
    async issue(of, kind = "ec") {
      const { publicKey, privateKey } = await (kind === "ec"
        ? newKeyPair("ec", { namedCurve: "P-256" })
        : newKeyPair("rsa", { modulusLength: 2048 }));
      const hosts = alternativeNames(of);
      return {
        certificate: certify(issuer, distinguishedName(of), publicKey, [
          extension("2.5.29.19", true, der.sequence()), // basicConstraints: not a CA
          extension("2.5.29.15", true, der.bits(Buffer.from([0x80]), 7)), // keyUsage: digitalSignature
          extension("2.5.29.37", false, der.sequence(der.oid("1.3.6.1.5.5.7.3.1"), der.oid("1.3.6.1.5.5.7.3.2"))), // server, client
          ...(hosts.length > 0 ? [extension("2.5.29.17", false, der.sequence(...hosts))] : []),
        ]),
        key: pem("PRIVATE KEY", privateKey.export({ type: "pkcs8", format: "der" })),
      };
    },
  };
}

/** Creates an RSA 2048 pair in PEM (PKCS#8, SPKI), with which kube-apiserver signs ServiceAccount tokens. */
export async function createSigningKeys(): Promise<{ privateKey: string; publicKey: string }> {
  const { privateKey, publicKey } = await newKeyPair("rsa", { modulusLength: 2048 });
  return {
    privateKey: pem("PRIVATE KEY", privateKey.export({ type: "pkcs8", format: "der" })),
    publicKey: pem("PUBLIC KEY", publicKey.export({ type: "spki", format: "der" })),
  };
}

const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

function certify(
  issuer: { name: Buffer; key: KeyObject; keyId: Buffer },
  subject: Buffer,
  publicKey: KeyObject,
  extensions: readonly Buffer[],
): string {
  const now = Date.now();
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40; // positive, and without a leading zero
  const body = der.sequence(
    der.tagged(0, true, der.integer(Buffer.from([2]))), // v3
    der.integer(serial),
    ecdsaWithSha256,
    issuer.name,
    der.sequence(der.time(new Date(now - day)), der.time(new Date(now + 365 * day))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der.tagged(
      3,
      true,
      der.sequence(
        ...extensions,
        extension("2.5.29.14", false, der.octets(keyId(publicKey))), // subjectKeyIdentifier; Python's strict mode requires both
        extension("2.5.29.35", false, der.sequence(der.tagged(0, false, issuer.keyId))), // authorityKeyIdentifier
      ),
    ),
  );
  return pem("CERTIFICATE", der.sequence(body, ecdsaWithSha256, der.bits(sign("sha256", body, issuer.key))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octets(value));
}

function distinguishedName({ commonName, organizations = [] }: Subject): Buffer {
  const part = (id: string, value: string) => der.set(der.sequence(der.oid(id), der.text(value)));
  return der.sequence(...organizations.map((name) => part("2.5.4.10", name)), part("2.5.4.3", commonName));
}

function alternativeNames({ names = [], addresses = [] }: Subject): Buffer[] {
  return [
    ...names.map((name) => der.tagged(2, false, Buffer.from(name))),
    ...addresses.map((address) => der.tagged(7, false, addressBytes(address))),
  ];
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  const [head = [], tail = []] = address.split("::").map((half) => half.split(":").filter(Boolean));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** SHA-1 of the last 65 bytes of the public key. For P-256 these are its bits (RFC 5280, 4.2.1.2). For RSA they are unique as well. */
function keyId(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha1").update(spki.subarray(-65)).digest();
}

function pem(label: string, content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
