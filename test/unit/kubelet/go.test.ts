import { expect, test } from "vitest";
import { decodeGoBase64, splitUrl } from "../../../src/kubelet/go.ts";

// Parses `https://…` like Go's net/url (1.26, url.go: parse, parseAuthority, validOptionalPort, unescape).
test.for<[string, string | undefined, string?]>([
  ["host", "host"],
  ["host/path", "host", "/path"],
  ["host/a/b", "host", "/a/b"],
  ["/path", "", "/path"],
  ["host?x=/1", "host"],
  ["host/p?x#y", "host", "/p"],
  ["?x", ""],
  ["#x", ""],
  ["host#a#b", "host"],
  ["host#f?x", "host"],
  ["host/%74eam", "host", "/team"],
  ["host/%zz", undefined],
  ["host#%zz", undefined],
  ["host#%74", "host"],
  ["host?%zz", "host"],
  ["host?%#x", "host"],
  ["host\u0001", undefined],
  ["host/\u001f", undefined],
  ["host/\u007f", undefined],
  ["host/a b", "host", "/a b"],
  ["host#\u0001", "host"],
  ["user@host", "host"],
  ["user:pass@host/p", "host", "/p"],
  ["a@b@host", "host"],
  ["@host", "host"],
  ["us er@host", undefined],
  ["user<@host", undefined],
  ["<user@host", undefined],
  ["us%zzer@host", undefined],
  ["us%41er@host", "host"],
  ["host:443", "host:443"],
  ["host:", "host:"],
  ["host:x", undefined],
  ["host:1x", undefined],
  ["ho st", undefined],
  ["*.host", "*.host"],
  ["ho[st", undefined],
  ["[::1]", "[::1]"],
  ["[::1]:443/p", "[::1]:443", "/p"],
  ["[::1]:", "[::1]:"],
  ["[::1]x", undefined],
  ["x[::1]", undefined],
  ["[zz]", undefined],
  ["[]", undefined],
])("splits %j into the host %j and the path %j", ([text, host, path = ""]) => {
  expect(splitUrl(text)).toEqual(host === undefined ? undefined : { host, path });
});

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
