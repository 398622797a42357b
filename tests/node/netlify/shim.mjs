// The client asks one host by a name of its own, which no setting changes, for extensions of the site: it has none.
const ask = globalThis.fetch;
globalThis.fetch = async (address, ...rest) =>
  new URL(address.url ?? address).hostname === "api.netlifysdk.com"
    ? new Response("[]", { status: 200, headers: { "content-type": "application/json" } })
    : ask(address, ...rest);
