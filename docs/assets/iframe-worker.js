// What the theme's search loads, later and from files too, and how it is asked. Its script and its index weigh as much as two pages: both
// wait until somebody opens the search, or comes from one, whose words are marked. Browsers allow no Worker on pages opened from files;
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
      this.last = Promise.resolve()
    }
    postMessage(message) {
      this.last = this.last.then(() => this.answer(message)).then(data => this.dispatchEvent(new MessageEvent("message", { data })))
    }
    async answer(message) {
      if (message.data.config) this.separator = new RegExp(message.data.config.separator)
      if (typeof message.data !== "string") return this.ask(message)
      const found = await inquire(message.data, this.separator, data => this.ask({ ...message, data }))
      found.data.items = found.data.items.map(page => page.map(begun))
      return found
    }
    async ask(message) {
      this.inside ??= begin(this.url, said => this.heard(said))
      const send = await this.inside
      return new Promise(resolve => {
        this.heard = resolve
        send(message)
      })
    }
  }

  // The words that the search leaves out of its index: as beginnings of others, "not" of "notation", they would find what nobody asks for.
  const empty = new Set(
    "a1viz a able about across after all almost also am among an and any are as at be because been but by can cannot could dear did do \
does either else ever every for from get got had has have he her hers him his how however i if in into is it its just least let like \
likely may me might most must my neither no nor not of off often on only or other our own rather said say says she should since so some \
than that the their them then there these they this tis to too twas us wants was we were what when where which while who whom why will \
with would yet you your".split(" "))

  // Shorter words are names, not misspelt.
  const LEAST = 5

  // A word, or one that begins with it, though the word itself counts more; one letter is a beginning only while it is typed, as the last.
  const isBegun = (word, k, all) => word.length > 1 || k === all.length - 1
  const need = (...word) => (isBegun(...word) ? `+${word[0]}* ${word[0]}^100` : `+${word[0]}`)
  const wish = (...word) => (isBegun(...word) ? `${word[0]}* ${word[0]}^100` : `${word[0]}^1`)

  // What is asked in words: a place where all of them are; else a misspelt word is taken for the nearest, and one that is nowhere is left
  // out; else a place where any is. A question with signs of the search's own stays as it is.
  async function inquire(text, separator, ask) {
    if (/["*^~:]|(^|\s)\+\w/.test(text)) return ask(text)
    const typed = named(text.toLowerCase()).split(separator).filter(word => /[^+*/.=-]/.test(word))
    const words = typed.filter(word => !empty.has(word))
    if (!words.length) return ask(text)
    const isFound = found => found.data.items.length > 0
    const found = await ask(words.map(need).join(" "))
    if (isFound(found)) return found
    const known = []
    for (const word of words) {
      const spelt = isFound(await ask(`${word}*`)) ? word : word.length > LEAST && nearest(await ask(`${word}~1`))
      if (spelt) known.push(spelt)
    }
    if (!known.length) return found
    const mended = await ask(known.map(need).join(" "))
    return isFound(mended) ? mended : ask(known.map(wish).join(" "))
  }

  // Dashes would mean "without this word": --set is an option that is called so, and a1viz.grad is a name in Python.
  const named = text => text.replace(/(^|\s)--?(?=[a-z])/g, "$1cli ").replace(/\ba1viz\./g, "python ")
  // What is found by its title or by a synonym is shown by its first paragraph, not in full.
  const first = text => /^.*?<\/(p|pre|ul|ol)>/s.exec(text)?.[0] ?? text
  const begun = part => (part.text.includes("<mark>") ? part : { ...part, text: first(part.text) })
  const nearest = ({ data }) => /<mark>(.+?)<\/mark>/.exec(JSON.stringify(data.items))?.[1].toLowerCase()
}

// The theme wraps the copy button of each block of code in a navigation. Those who go through a page by its landmarks want none of them.
new MutationObserver(() => {
  for (const wrapped of document.querySelectorAll("nav.md-code__nav:not([role])")) wrapped.setAttribute("role", "none")
}).observe(document.documentElement, { childList: true, subtree: true })
