// What the build wrote beside a picture.

/** The data beside a picture; large data is compressed. @param {any} host @returns {Promise<any>} */
export async function dataOf(host) {
  const data = JSON.parse(host.querySelector("script.a1viz-data").textContent);
  if (!data.deflated) return data;
  const bytes = Uint8Array.from(atob(data.deflated), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}
