import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { createAuthority } from "../../sandbox/pki.ts";

test("names the user, groups, hosts and authority in a certificate", async () => {
  const authority = await createAuthority("some authority");
  const { certificate } = await authority.issue({
    commonName: "jane",
    organizations: ["dev", "ops"],
    names: ["localhost", "*.example.test"],
    addresses: ["127.0.0.1", "::1", "2001:db8::8:1"],
  });
  const read = new X509Certificate(certificate);

  expect(read.subject.split("\n")).toEqual(["O=dev", "O=ops", "CN=jane"]);
  expect(read.issuer).toBe("CN=some authority");
  expect(read.subjectAltName).toBe(
    "DNS:localhost, DNS:*.example.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:2001:DB8:0:0:0:0:8:1",
  );
  expect(read.ca).toBe(false);
  expect(read.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  expect(read.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
});

test("connects both sides when one authority has issued their certificates, and only then", async () => {
  const [authority, other] = await Promise.all([createAuthority("sandbox"), createAuthority("sandbox")]);
  const host = await authority.issue({ commonName: "server", addresses: ["127.0.0.1"] });
  const server = createServer({ cert: host.certificate, key: host.key, ca: authority.certificate, requestCert: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const user = await authority.issue({ commonName: "jane" });
  const dial = async (ca: string) => {
    const socket = connect({ host: "127.0.0.1", port, ca, cert: user.certificate, key: user.key });
    await once(socket, "secureConnect");
    socket.destroy();
    return socket.authorized;
  };

  expect(await dial(authority.certificate)).toBe(true);
  await expect(dial(other.certificate)).rejects.toThrow();
  server.close();
});
