import { expect, test } from "vitest";
import { proxyFor } from "../../../src/http/proxy.ts";

const proxy = "http://proxy.corp:3128";

test.for([
  { env: {}, goes: undefined },
  { env: { HTTPS_PROXY: proxy }, goes: "proxy.corp:3128" },
  { env: { https_proxy: proxy }, goes: "proxy.corp:3128" },
  { env: { ALL_PROXY: proxy }, goes: "proxy.corp:3128" },
  { env: { HTTP_PROXY: proxy }, goes: undefined },
  { env: { HTTPS_PROXY: "proxy.corp:3128" }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: "" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "*" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "localhost,r.azurecr.io" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, no_proxy: " .azurecr.io " }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "azurecr.io" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "azurecr.io:443" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "azurecr.io:8443" }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "cr.io,,127.0.0.1" }, goes: "proxy.corp:3128" },
])("with $env a request for r.azurecr.io goes to $goes", ({ env, goes }) => {
  expect(proxyFor("https://r.azurecr.io/v2/", env)?.host).toBe(goes);
});
