import { expect, test } from "vitest";
import { sameByName } from "../../../cmd/context.ts";

const env = { Path: "C:\\tools", kubeconfig: "C:\\jane\\config", HTTPS_PROXY: "http://proxy:8080" };

test("ignores the case of variable names only on Windows", () => {
  expect(sameByName(env, "win32")).toEqual({ PATH: "C:\\tools", KUBECONFIG: "C:\\jane\\config", HTTPS_PROXY: "http://proxy:8080" });
  expect(sameByName(env, "linux")).toEqual(env);
});
