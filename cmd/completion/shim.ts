/** A program that kubectl (1.26 and later) finds by its name on PATH and runs to complete this plugin's arguments. */
export type Shim = { readonly name: string; readonly text: string };

/**
 * By the system that runs it. It calls the plugin itself, since to go by way of kubectl would start that twice for each Tab, and it
 * keeps the keys that are typed meanwhile from whoever would read stdin.
 */
export const shims = {
  posix: {
    name: "kubectl_complete-acr_secret",
    text: '#!/bin/sh\n# Completes kubectl acr-secret, in a folder of the PATH.\nexec kubectl-acr_secret __complete "$@" < /dev/null\n',
  },
  windows: {
    name: "kubectl_complete-acr_secret.cmd",
    text: "@rem Completes kubectl acr-secret, in a folder of the PATH.\r\n@kubectl-acr_secret.exe __complete %* < NUL\r\n",
  },
} as const satisfies Readonly<Record<string, Shim>>;

/** The text of versions that went by way of kubectl. */
const former = ['#!/bin/sh\nexec kubectl acr-secret __complete "$@"\n'];

/** Whether a text is exactly the program of this version or of another one, so that it can be replaced and deleted. */
export const isShim = (text: string): boolean => [shims.posix.text, shims.windows.text, ...former].includes(text);
