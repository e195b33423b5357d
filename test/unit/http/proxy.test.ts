import { expect, test } from "vitest";
import { proxyFor } from "../../../src/http/proxy.ts";

const proxy = "http://proxy.corp:3128";

test.for([
  { env: {}, goes: undefined },
  { env: { HTTPS_PROXY: proxy }, goes: "proxy.corp:3128" },
  { env: { https_proxy: proxy }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: "https://proxy.corp:3129" }, goes: "proxy.corp:3129" },
  { env: { HTTP_PROXY: proxy }, goes: undefined },
  { env: { HTTPS_PROXY: "proxy.corp:3128" }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: "" }, goes: undefined },
  // Go ignores this variable.
  { env: { ALL_PROXY: "socks5://proxy.corp:1080" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "*" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "localhost,r.azurecr.io" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, no_proxy: " .azurecr.io " }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "*.azurecr.io" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "*.AzureCR.io:443" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "azurecr.io" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "azurecr.io:443" }, goes: undefined },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "azurecr.io:8443" }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "cr.io,,127.0.0.1" }, goes: "proxy.corp:3128" },
  // Only subdomains match.
  { env: { HTTPS_PROXY: proxy, NO_PROXY: ".r.azurecr.io" }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "*.r.azurecr.io" }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: proxy, NO_PROXY: "*azurecr.io" }, goes: "proxy.corp:3128" },
  { env: { HTTPS_PROXY: "socks5://proxy.corp:1080", NO_PROXY: "azurecr.io" }, goes: undefined },
])("sends a request for r.azurecr.io to $goes when the environment is $env", ({ env, goes }) => {
  expect(proxyFor("https://r.azurecr.io/v2/", env)?.host).toBe(goes);
});

// Host names are not resolved, so a range matches only hosts that are IP addresses.
test.for([
  { host: "10.1.2.3", list: "10.0.0.0/8", straight: true },
  { host: "10.1.2.3", list: "10.1.2.3", straight: true },
  { host: "10.1.2.3:8443", list: "10.1.2.3:8443", straight: true },
  { host: "10.1.2.3:8443", list: "10.1.2.3:443", straight: false },
  { host: "10.1.2.3", list: "192.168.0.0/16,fd00::/8", straight: false },
  { host: "10.1.2.3", list: "10.0.0.0/33", straight: false },
  { host: "10.1.2.3", list: ".2.3", straight: false },
  { host: "[fd00::1]", list: "fd00::/8", straight: true },
  { host: "[fd00::1]", list: "fd00:0::1", straight: true },
  { host: "[fd00::1]:8443", list: "[fd00::1]:8443", straight: true },
  { host: "[fd00::1]", list: "[fd00::1]:8443", straight: false },
  { host: "r.azurecr.io", list: "10.0.0.0/8", straight: false },
  // This machine is never reached through a proxy.
  { host: "localhost:5000", list: "", straight: true },
  { host: "127.0.0.2:5000", list: "", straight: true },
  { host: "[::1]:5000", list: "", straight: true },
  { host: "localhost.corp", list: "", straight: false },
])("connects to $host directly when NO_PROXY=$list: $straight", ({ host, list, straight }) => {
  expect(proxyFor(`https://${host}/v2/`, { HTTPS_PROXY: proxy, NO_PROXY: list })).toEqual(straight ? undefined : new URL(proxy));
});

test.for([
  { named: "socks5://user:hunter2@proxy.corp:1080", message: "HTTPS_PROXY uses the protocol socks5; only HTTP proxies are supported" },
  { named: "ftp://hunter2", message: "HTTPS_PROXY uses the protocol ftp; only HTTP proxies are supported" },
  { named: "http://", message: "HTTPS_PROXY is not the address of a proxy" },
  { named: "hunter2 at work", message: "HTTPS_PROXY is not the address of a proxy" },
  { named: "http://proxy.corp:hunter2", message: "HTTPS_PROXY is not the address of a proxy" },
  {
    named: "http://jane:hunter2%off@proxy.corp:3128",
    message: "HTTPS_PROXY contains an unescaped % in its user name or password (write %25)",
  },
  {
    named: "http://100%hunter2:pass@proxy.corp:3128",
    message: "HTTPS_PROXY contains an unescaped % in its user name or password (write %25)",
  },
])("rejects $named: $message", ({ named, message }) => {
  const ask = () => proxyFor("https://r.azurecr.io/v2/", { HTTPS_PROXY: named });

  expect(ask).toThrow(expect.objectContaining({ kind: "config", message, hint: expect.stringContaining("HTTPS_PROXY=http://") }));
  expect(ask).not.toThrow("hunter2");
});
