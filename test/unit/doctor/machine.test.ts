import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { checkCertificates } from "../../../src/doctor/machine.ts";
import { newFolder } from "../../support/new-folder.ts";

test("names a file of trusted certificates once when both variables name it", async () => {
  const file = join(await newFolder(), "ca.pem");
  await writeFile(file, rootCertificates[0] ?? "");

  expect(await checkCertificates({ SSL_CERT_FILE: file, NODE_EXTRA_CA_CERTS: file })).toMatchObject([
    { status: "ok", message: expect.not.stringMatching(/ and of /) },
  ]);
});
