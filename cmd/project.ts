import packageJson from "../package.json" with { type: "json" };

/** The version of this plugin, `v1.2.3`. */
export const clientVersion = `v${packageJson.version}`;

export const versionLine = `Client Version: ${clientVersion}\n`;

/** The address of the repository, whose front page is the README. */
export const home = "https://github.com/kubectl-acr-secret/kubectl-acr-secret";

/** The address of the pages in docs, ending with a slash. */
export const pagesAddress = `${home}/blob/main/docs/`;
