import { expect, test } from "vitest";
import { isLoginServer, isRegional, loginServerIn, registryName } from "../../../src/registry/login-server.ts";

test.for([
  ["myregistry.azurecr.io", "myregistry"],
  ["MyRegistry.azurecr.io", "myregistry"],
  ["myregistry.azurecr.us", "myregistry"],
  ["myregistry.azurecr.cn", "myregistry"],
  ["myregistry-a1b2c3d4.azurecr.io", "myregistry"],
  ["myregistry.eastus.geo.azurecr.io", "myregistry"],
] as const)("accepts %s as a login server of %s", ([host, name]) => {
  expect(isLoginServer(host)).toBe(true);
  expect(registryName(host)).toBe(name);
});

test.for([
  "azurecr.io",
  "myregistry.azurecr.io.evil.example",
  "evil.example/myregistry.azurecr.io",
  "myregistry.azurecr.io:443",
  "myregistryazurecr.io",
  "my.registry.azurecr.io",
  "user@myregistry.azurecr.io",
  "myregistry.azurecr.de",
  "abc.azurecr.io",
  "docker.io",
  "",
])("rejects %s as a login server", (host) => {
  expect(isLoginServer(host)).toBe(false);
  expect(registryName(host)).toBeUndefined();
});

test.for([
  ["MyRegistry.azurecr.io", "myregistry.azurecr.io"],
  ["myregistry-a1b2c3d4.azurecr.us", "myregistry-a1b2c3d4.azurecr.us"],
  ["myregistry.eastus.geo.azurecr.io", "myregistry.azurecr.io"],
  ["myregistry-a1b2.east.us.geo.azurecr.cn", "myregistry-a1b2.azurecr.cn"],
  ["myregistry", undefined],
  ["ghcr.io", undefined],
] as const)("reads the login server of %s as %s", ([text, server]) => {
  expect(loginServerIn(text)).toBe(server);
});

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
