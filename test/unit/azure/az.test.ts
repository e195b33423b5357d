import { chmod } from "node:fs/promises";
import { expect, test } from "vitest";
import { azSubscription } from "../../../src/azure/az.ts";
import { newFolder } from "../../support/new-folder.ts";

test("runs no program of the current folder on Windows", async () => {
  const folder = await newFolder({ az: '#!/bin/sh\necho "{\\"id\\": \\"$NODEFAULTCURRENTDIRECTORYINEXEPATH\\"}"\n' });
  await chmod(`${folder}/az`, 0o700);

  const found = await azSubscription({ env: { PATH: folder }, trace: () => {}, signal: () => new AbortController().signal });

  expect(found).toBe("1");
});
