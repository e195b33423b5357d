import { expect, test } from "vitest";
import { isObjectName } from "../../../src/kinds.ts";
import { joinNames, shownName } from "../../../src/wording.ts";

test.for(["a", "a-b", "a.b", "0", "acr-myregistry", "a.b-c.d0", "a--b", "x".repeat(253)])("accepts the name %s", (name) => {
  expect(isObjectName(name)).toBe(true);
});

test.for(["", "-a", "a-", ".a", "a.", "a..b", "a.-b", "a-.b", "A", "a_b", "a/b", "a b", "é", "a.B", "a\n", "\na", "x".repeat(254)])(
  "rejects the name %j",
  (name) => {
    expect(isObjectName(name)).toBe(false);
  },
);

test.for(["acr-myregistry", "A", "a_b", "-a", "app/web", "app/*", "*", "myregistry.azurecr.io", "https://localhost:5000/v2/"])(
  "prints the name %s without quotes",
  (name) => {
    expect(shownName(name)).toBe(name);
  },
);

test.for(["", "a b", " a", "a ", "a, b", "é", "a\n", "\na", 'a"', "a\u202eb", "a\u001b[2K"])("quotes the name %j", (name) => {
  expect(shownName(name)).toBe(JSON.stringify(name));
});

test.for([
  [[], ""],
  [["a"], "a"],
  [["a", "b"], "a and b"],
  [["a", "b", "c"], "a, b and c"],
  [["a", "b", "c", "d"], "a, b, c and 1 more"],
  [["a", "b", "c", "d", "e"], "a, b, c and 2 more"],
] as const)('lists %j as "%s"', ([items, text]) => {
  expect(joinNames(items)).toBe(text);
});

test("lists at most the given number of items", () => {
  expect(joinNames(["a", "b", "c"], 1)).toBe("a and 2 more");
});
