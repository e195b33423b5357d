import { expect, test } from "vitest";
import { decodeGoBase64 } from "../../../src/kubelet/go.ts";

// Decodes like Go 1.26's encoding/base64: the text, or the byte that its error names.
test.for<[string, string | number]>([
  ["dTpw", "u:p"],
  ["dTpwYQ==", "u:pa"],
  ["dTpwYQ", "u:pa"],
  ["dTpwYWI=", "u:pab"],
  ["dTpwYWI", "u:pab"],
  ["\r\ndT\npw\r\n", "u:p"],
  ["dTpwYQ=\n=\r\n", "u:pa"],
  ["", ""],
  ["!", 0],
  ["dT!w", 2],
  ["dTp", "u:"],
  ["dTpwY", 4],
  ["dTpwY=", 5],
  ["dTpwYQ=", 7],
  ["dTpwYQ=x", 6],
  ["dTpwYQ==x", 6],
  ["dTpwYQ==x=", 8],
  ["dTpwYWI=x=", 8],
  ["dTp!=", 3],
  ["=", 0],
  ["dTpw=", 4],
])("decodes %j to %j", ([text, expected]) => {
  const decoded = decodeGoBase64(text);

  expect(typeof decoded === "number" ? decoded : decoded.toString()).toBe(expected);
});
