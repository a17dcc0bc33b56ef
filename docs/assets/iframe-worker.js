// Search runs in a Worker, and browsers allow none on pages opened from the file system. There a hidden frame
// of this same page stands in: the script runs inside it, and messages pass as the same events a Worker's would.
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.title = "search"
      frame.src = "about:blank"
      this.inside = new Promise((resolve, reject) => {
        frame.onload = () => {
          const inside = frame.contentWindow
          inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
          const script = inside.document.createElement("script")
          script.onload = () => resolve(inside)
          script.onerror = reject
          script.src = new URL(url, document.baseURI)
          inside.document.head.append(script)
        }
      })
      document.documentElement.append(frame)
    }
    async postMessage(data) {
      const inside = await this.inside
      inside.dispatchEvent(new MessageEvent("message", { data }))
    }
  }
}
