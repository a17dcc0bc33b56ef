// What the theme's search loads, later and from files too. Its script and its index weigh as much as two pages: both wait until
// somebody opens the search, or comes from one, whose words are marked. Browsers allow no Worker on pages opened from the file system;
// there a hidden frame of this same page stands in: the script runs inside it, and messages pass as the same events a Worker's would.
{
  const asked = new URLSearchParams(location.search)
  const opened = new Promise(resolve => {
    if (asked.has("h") || asked.has("q")) resolve()
    document.addEventListener("change", ({ target }) => target.id === "__search" && resolve())
  })
  const isIndex = url => /\/search\/search_index\.js(on)?$/.test(url)

  const Request = window.XMLHttpRequest
  window.XMLHttpRequest = class extends Request {
    open(method, url, ...more) {
      this.waits = isIndex(url)
      super.open(method, url, ...more)
    }
    send(...body) {
      if (this.waits) opened.then(() => super.send(...body))
      else super.send(...body)
    }
  }

  const append = document.head.append.bind(document.head)
  document.head.appendChild = node => {
    if (isIndex(node.src)) opened.then(() => append(node))
    else append(node)
    return node
  }

  const begin = location.protocol !== "file:"
    ? (url, tell) => {
        const worker = new Native(url)
        worker.onmessage = ({ data }) => tell(data)
        return Promise.resolve(data => worker.postMessage(data))
      }
    : (url, tell) => new Promise((resolve, reject) => {
        const frame = document.createElement("iframe")
        frame.hidden = true
        frame.title = "search"
        frame.src = "about:blank"
        frame.onload = () => {
          const inside = frame.contentWindow
          inside.postMessage = tell
          const script = inside.document.createElement("script")
          script.onload = () => resolve(data => inside.dispatchEvent(new MessageEvent("message", { data })))
          script.onerror = reject
          script.src = new URL(url, document.baseURI)
          inside.document.head.append(script)
        }
        document.documentElement.append(frame)
      })

  const Native = window.Worker
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.url = url
    }
    async postMessage(data) {
      // a dash would mean "without this word": --set is looked for as set
      if (typeof data.data === "string") data = { ...data, data: data.data.replace(/(^|\s)-+(?=\w)/g, "$1") }
      this.inside ??= begin(this.url, said => this.dispatchEvent(new MessageEvent("message", { data: said })))
      const send = await this.inside
      send(data)
    }
  }
}

// The theme wraps the copy button of each block of code in a navigation. Those who go through a page by its landmarks want none of them.
new MutationObserver(() => {
  for (const wrapped of document.querySelectorAll("nav.md-code__nav:not([role])")) wrapped.setAttribute("role", "none")
}).observe(document.documentElement, { childList: true, subtree: true })
