/* Messages over the foot of the window, and the sign that something is under way. Needs no htmx. */
(() => {
  'use strict'
  const byId = id => document.getElementById(id)
  const on = (name, handler, capture = false) => document.addEventListener(name, handler, capture)
  const dialog = () => document.querySelector('dialog[open]')

  /* ---- Messages: announced once; good news leaves by itself, a refusal stays until it is closed ---- */

  const SHOWN = 12000 // milliseconds, begun again whenever the pointer or the focus leaves
  const tended = new WeakSet()
  let cameFrom = null // what had the focus before it went into a message

  const isOver = region => getComputedStyle(region).position === 'fixed'

  // Out of a message that is gone, to where the focus was before.
  function goBack() {
    const before = cameFrom?.isConnected ? cameFrom : cameFrom?.id && byId(cameFrom.id)
    const there = before || document.querySelector('main h1') || byId('main')
    if (!there.matches('a[href], button, input, select, textarea, summary, [tabindex]')) there.tabIndex = -1
    there.focus({ preventScroll: true })
  }

  function dismiss(box) {
    const hadFocus = box.contains(document.activeElement)
    box.remove()
    if (hadFocus) goBack()
  }

  // Made here, since a text browser would show a button that does nothing.
  function closeButton() {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'dismiss'
    button.dataset.dismiss = ''
    button.setAttribute('aria-label', document.body.dataset.closeMessage)
    const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    const cross = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    picture.setAttribute('viewBox', '0 0 16 16')
    picture.setAttribute('aria-hidden', 'true')
    cross.setAttribute('d', 'm3.5 2.1 4.5 4.5 4.5-4.5 1.4 1.4L9.4 8l4.5 4.5-1.4 1.4L8 9.4l-4.5 4.5-1.4-1.4L6.6 8 2.1 3.5z')
    picture.append(cross)
    button.append(picture)
    return button
  }

  // What a message says while it lies in the page itself stays there: nothing may move it.
  function tend(box) {
    if (tended.has(box)) return
    tended.add(box)
    if (!box.querySelector('[data-dismiss]')) box.append(closeButton())
    if (box.matches('.tone-danger') || !isOver(box.parentElement)) return
    let timer = 0
    const wait = () => {
      clearTimeout(timer)
      if (!box.matches(':hover, :focus-within')) timer = setTimeout(() => box.remove(), SHOWN)
    }
    for (const name of ['pointerenter', 'pointerleave', 'focusin', 'focusout']) {
      box.addEventListener(name, () => setTimeout(wait))
    }
    wait()
  }

  const tendAll = () => { for (const box of document.querySelectorAll('#messages > *')) tend(box) }

  function message(text) {
    const box = document.createElement('div')
    const words = document.createElement('p')
    box.className = 'message tone-danger'
    words.textContent = text
    box.append(words, closeButton())
    return box
  }

  // Among the messages, or in the dialog while it is open: screen readers ignore the page behind it.
  function say(text) {
    byId('messages')?.replaceChildren(message(text))
    tendAll()
    const open = dialog()
    if (!open) return
    let region = open.querySelector('[data-dialog-messages]')
    if (!region) {
      region = document.createElement('div')
      region.dataset.dialogMessages = ''
      region.setAttribute('role', 'status')
      byId('dialog-title')?.after(region)
    }
    setTimeout(() => { // a live region is announced only once it exists
      region.replaceChildren(message(text))
      region.scrollIntoView({ block: 'nearest' })
    }, 50)
  }

  on('click', event => {
    const box = event.target.closest('[data-dismiss]')?.closest('.message')
    if (box) dismiss(box)
  })
  on('focusin', event => {
    const from = event.relatedTarget
    if (event.target.closest('#messages') && from && !from.closest('#messages')) cameFrom = from
  })
  on('htmx:after:settle', tendAll)

  // What a page brings along is put in once more, because only changes are announced.
  function announce() {
    const region = byId('messages')
    const boxes = region ? [...region.children] : []
    if (!boxes.length || !isOver(region)) return tendAll()
    region.replaceChildren()
    setTimeout(() => {
      region.append(...boxes)
      tendAll()
    }, 100)
  }
  announce()

  const isTyping = () => document.activeElement?.closest('input:not([type=checkbox], [type=radio]), textarea, select')

  // Far from the message: Ctrl+Z undoes, Escape closes.
  on('keydown', event => {
    const box = byId('messages')?.lastElementChild
    if (!box || dialog() || event.defaultPrevented) return
    const undo = box.querySelector('[data-undo]')
    if (undo && event.key === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !isTyping()) {
      event.preventDefault()
      undo.click()
    } else if (event.key === 'Escape' && !document.querySelector('[data-menu][open]')) {
      dismiss(box)
    }
  })

  /* ---- Under way: the form is busy, the pressed button says so, and a second press does nothing ---- */

  const AT_ONCE = 200 // milliseconds in which an answer needs no sign
  const LONG = 1000 // after which screen readers hear of it
  const PATIENCE = 10000 // then the first press may be lost, and pressing again is right
  const underWay = new Map() // what was sent (a form, a link, a button): how to end its signs

  // A live region must exist before its words do.
  function status() {
    const region = document.createElement('p')
    region.className = 'visually-hidden'
    region.setAttribute('role', 'status')
    ;(dialog() ?? document.body).append(region)
    return region
  }

  function begin(sent, button, busy) {
    underWay.get(sent)?.()
    const region = status()
    const timers = [
      setTimeout(() => {
        button?.classList.add('busy')
        button?.setAttribute('aria-disabled', 'true')
      }, AT_ONCE),
      setTimeout(() => { region.textContent = document.body.dataset.stillWorking }, LONG),
    ]
    for (const each of busy) each.setAttribute('aria-busy', 'true')
    const end = () => {
      timers.forEach(clearTimeout)
      region.remove()
      for (const each of busy) each.removeAttribute('aria-busy')
      button?.classList.remove('busy')
      button?.removeAttribute('aria-disabled')
      if (underWay.get(sent) === end) underWay.delete(sent)
    }
    underWay.set(sent, end)
    return end
  }

  let pressed = null // the button or link of the last press

  function drop(event) {
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  on('click', event => {
    pressed = event.target.closest('button, a[href]')
    const isAgain = pressed && (underWay.has(pressed) || pressed.classList.contains('busy'))
    if (isAgain) drop(event)
  }, true)

  on('submit', event => {
    pressed = event.submitter
    if (event.target.method === 'post' && underWay.has(event.target)) drop(event)
  }, true)

  // Forms that the browser itself sends; of others htmx has prevented the default already.
  on('submit', event => {
    const form = event.target
    if (event.defaultPrevented || form.method !== 'post') return
    const end = begin(form, event.submitter, [form])
    setTimeout(end, PATIENCE)
  })

  // What typing asks for, such as a preview, does not keep anybody from sending the form.
  const keyOf = ({ sourceElement, sourceEvent, target }) => sourceEvent?.type === 'input' ? target : sourceElement

  on('htmx:before:request', event => {
    const { sourceElement, target } = event.detail.ctx
    const isForm = sourceElement.matches('form')
    const button = isForm ? (pressed?.form === sourceElement ? pressed : null) : sourceElement
    begin(keyOf(event.detail.ctx), button?.matches('button, a[href]') ? button : null, [target, sourceElement].filter(Boolean))
  })
  const finish = event => underWay.get(keyOf(event.detail.ctx ?? {}))?.()
  on('htmx:before:swap', finish)
  on('htmx:finally:request', finish)

  // Back to a page that the browser has kept in memory.
  addEventListener('pageshow', event => {
    if (event.persisted) for (const end of underWay.values()) end()
  })

  window.gatehouse = { say, goBack }
})()
