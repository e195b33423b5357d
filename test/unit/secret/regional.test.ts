import { expect, test } from "vitest";
import { isRegional } from "../../../src/secret/azure-words.ts";

test.for([
  { other: "r.eastus.geo.azurecr.io", is: true },
  { other: "r.eastus.geo.azurecr.io", host: "q.azurecr.io", is: false },
  { other: "r.eastus.geo.azurecr.cn", host: "r.azurecr.cn", is: true },
  { other: "r.eastus.geo.azurecr.cn", is: false },
  { other: "r-a1b2.eastus.geo.azurecr.io", host: "r-a1b2.azurecr.io", is: true },
  { other: "r-a1b2.eastus.geo.azurecr.io", is: false },
  { other: "r.east.us.geo.azurecr.io", is: true },
  { other: "r.azurecr.io", is: false },
  { other: "r.geo.azurecr.io", is: false },
  { other: "r.eastus.data.azurecr.io", is: false },
  { other: "r.eastus.geo.azurecr.io.evil.example", is: false },
  { other: "evil.example/r.eastus.geo.azurecr.io", is: false },
  { other: "https://r.eastus.geo.azurecr.io", is: false },
  { other: "r.eastus.geo.example.com", host: "r.example.com", is: false },
  { other: "r.eastus.geoXazurecr.io", is: false },
  { other: "", host: "", is: false },
])("detects whether $other is a regional host of $host: $is", ({ other, host = "r.azurecr.io", is }) => {
  expect(isRegional(host, other)).toBe(is);
});
