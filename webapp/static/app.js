/* Enhancements. Every page works without them, and none is specific to invitations. */
(() => {
  'use strict'
  const root = document.documentElement
  root.classList.add('js') // shows what only works with JavaScript (.needs-js)

  const byId = id => document.getElementById(id)
  const dialog = () => byId('dialog')
  const heading = () => document.querySelector('main h1')
  const on = (name, handler) => document.addEventListener(name, handler)

  function focus(element) {
    if (!element) return
    if (!element.matches('a[href], button, input, select, textarea, summary, [tabindex]')) element.tabIndex = -1
    element.focus()
  }

  const say = text => window.gatehouse.say(text) // messages.js
  const words = () => document.body.dataset // in the language of the page

  /* ---- Dialog: opens when content is swapped into it, closes when its form has succeeded ---- */

  let opener = null
  let pressed = null // the button by which a form was sent: it gets the focus back, not its form
  on('submit', event => { pressed = event.submitter })

  function openDialog(source) {
    const box = dialog()
    if (box.open) return
    const menu = source?.closest('[data-menu]')
    opener = menu ? menu.querySelector('summary') : source && source === pressed?.form ? pressed : source
    if (menu) menu.open = false
    box.showModal()
    focus(box.querySelector('[autofocus]') ?? byId('dialog-title'))
  }

  // New content of the open dialog is read from the top, and focus stays inside.
  function keepInDialog() {
    dialog().scrollTop = 0
    if (!document.activeElement || document.activeElement === document.body) focus(byId('dialog-title'))
  }

  function closeDialog() {
    const box = dialog()
    if (box?.open) box.close()
  }

  // Focus that was lost to the body goes to the heading.
  function settleFocus() {
    const lost = !document.activeElement || document.activeElement === document.body
    if (lost) focus(heading() ?? byId('main'))
  }

  on('htmx:after:settle', event => {
    const { target, sourceElement } = event.detail.task
    const box = dialog()
    if (!box || target === document.body) return
    if (target === box) box.open ? keepInDialog() : openDialog(sourceElement)
    else if (box.open && target.id !== 'messages' && !box.contains(target) && box.contains(sourceElement)) closeDialog()
  })

  // A button whose answer appears elsewhere leads there; answers to typing leave the focus alone.
  on('htmx:after:settle', event => {
    const then = event.detail.task.sourceElement?.dataset?.thenFocus
    if (then) focus(byId(then))
  })

  // Only focus that a swap took away is restored; without focus before, there is none after.
  let hadFocus = null
  on('htmx:before:swap', () => { hadFocus = document.activeElement })
  on('htmx:after:swap', () => {
    if (hadFocus && hadFocus !== document.body && !hadFocus.isConnected && !dialog()?.open) {
      hadFocus.closest('.message') ? window.gatehouse.goBack() : settleFocus()
    }
    hadFocus = null
  })

  // 'close' does not bubble, so it is caught in the capture phase. Escape and Cancel both end here.
  document.addEventListener('close', event => {
    if (event.target !== dialog()) return
    const again = opener?.isConnected ? opener : opener?.id && byId(opener.id)
    if (again) focus(again)
    opener = null
    event.target.replaceChildren()
    settleFocus()
  }, true)

  on('click', event => {
    const link = event.target.closest('[data-close]')
    if (!link || !link.closest('dialog')) return
    event.preventDefault()
    closeDialog()
  })

  /* ---- Error summary: a line focuses its field without changing the address ---- */

  on('click', event => {
    const link = event.target.closest('.error-summary a[href^="#"]')
    const field = link && byId(link.hash.slice(1))
    if (!field) return
    event.preventDefault()
    focus(field)
    field.closest('.field')?.scrollIntoView({ block: 'nearest' })
  })

  /* ---- Copy ---- */

  async function copy(input) {
    try {
      await navigator.clipboard.writeText(input.value)
      return true
    } catch { // there is no clipboard without https, except on loopback
      input.select()
      return document.execCommand('copy')
    }
  }

  on('click', async event => {
    const button = event.target.closest('[data-copy]')
    if (!button) return
    let region = button.nextElementSibling
    if (!region?.classList.contains('copied')) {
      region = document.createElement('span')
      region.className = 'copied'
      region.setAttribute('role', 'status')
      button.after(region)
    }
    region.textContent = ''
    const done = await copy(byId(button.dataset.copy))
    setTimeout(() => { region.textContent = done ? words().copied : words().pressToCopy }, 50)
    setTimeout(() => { region.textContent = '' }, 6000)
  })

  /* ---- Show password: the button is made here, since text browsers would show a dead one ---- */

  function offerPasswords() {
    for (const place of document.querySelectorAll('[data-show]:not(:has(button))')) {
      const input = place.querySelector('input')
      const button = document.createElement('button')
      const shown = document.createElement('span')
      button.type = 'button'
      button.dataset.showPassword = input.id
      button.setAttribute('aria-controls', input.id)
      button.setAttribute('aria-pressed', 'false')
      shown.className = 'visually-hidden'
      shown.textContent = ` ${place.dataset.shown}`
      button.append(place.dataset.show, shown)
      place.append(button)
    }
  }

  offerPasswords()
  on('htmx:after:swap', offerPasswords)

  function showPassword(button, show) {
    byId(button.dataset.showPassword).type = show ? 'text' : 'password'
    button.setAttribute('aria-pressed', String(show))
  }

  on('click', event => {
    const button = event.target.closest('[data-show-password]')
    if (button) showPassword(button, button.getAttribute('aria-pressed') !== 'true')
  })

  // Hidden again before it is sent, so that browsers do not remember it as ordinary text.
  document.addEventListener('submit', event => {
    for (const button of event.target.querySelectorAll('[data-show-password]')) showPassword(button, false)
  }, true)

  /* ---- Choosing a language opens the page anew: the words typed in it come along, once; no secrets do ---- */

  const WORDS = 'gatehouse-words'
  const hasWords = field => field.matches('main textarea, main input:is([type="text"], [type="email"])') &&
    !field.readOnly && !field.closest('[data-show]') && !/password|one-time-code/.test(field.autocomplete)
  const fieldsWithWords = () => [...document.querySelectorAll('main [name]')].filter(hasWords)

  document.addEventListener('submit', event => {
    const form = event.target
    if (!form.matches('form.languages')) return
    const path = new URL(form.elements.back.value, location).pathname
    const words = fieldsWithWords().map(field => [field.name, field.value])
    try { sessionStorage.setItem(WORDS, JSON.stringify({ path, words })) } catch { /* they are lost, as without scripts */ }
  })

  function bringWords() {
    const kept = JSON.parse(sessionStorage.getItem(WORDS))
    sessionStorage.removeItem(WORDS)
    if (kept?.path !== location.pathname) return
    for (const field of fieldsWithWords()) field.value = new Map(kept.words).get(field.name) ?? field.value
  }
  try { bringWords() } catch { /* the browser keeps nothing */ }

  /* ---- The nav of a phone is one line: where one is in it, is in sight ---- */

  const nav = document.querySelector('.site-nav')
  const current = nav?.querySelector('[aria-current]')
  if (current) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.clientWidth) / 2

  /* ---- Menus ---- */

  const openMenus = () => document.querySelectorAll('[data-menu][open]')

  on('click', event => {
    if (dialog()?.contains(event.target)) return
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false
  })

  on('keydown', event => {
    if (event.key !== 'Escape' || dialog()?.open) return
    for (const menu of openMenus()) {
      if (menu.contains(document.activeElement)) menu.querySelector('summary').focus()
      menu.open = false
    }
  })

  /* ---- Answers other than the requested fragment ---- */

  const isWholePage = text => /^\s*<!doctype html|^\s*<html/i.test(text ?? '')

  // A whole page (sign-in after the session ended, a form given back) is shown as a page.
  on('htmx:after:request', event => {
    const { ctx } = event.detail
    const { status, raw } = ctx.response
    if (!isWholePage(ctx.text) || ctx.select || ctx.target === document.body) return
    if (status >= 400 && status !== 422) return
    ctx.target = document.body
    ctx.swap = 'outerSync show:top'
    if (raw.redirected || ctx.request.method === 'GET') ctx.push = raw.url
  })

  // A refusal or a failure becomes a message, and what was typed stays.
  on('htmx:before:swap', event => {
    const { ctx } = event.detail
    const status = ctx.response?.status
    if (!(status >= 400) || status === 422) return
    const isHtml = ctx.response.headers.get('Content-Type')?.startsWith('text/html')
    if (isHtml && ctx.hx?.retarget && !isWholePage(ctx.text)) return
    event.preventDefault()
    const page = isHtml ? new DOMParser().parseFromString(ctx.text, 'text/html') : null
    const told = ['main h1', 'main .content p'].map(part => page?.querySelector(part)?.textContent.trim()).filter(Boolean)
    say(told.map(part => /[.?؟]$/.test(part) ? part : part + '.').join(' ') || words().failed.replace('{status}', status))
  })

  on('htmx:error', event => {
    const { ctx, error } = event.detail
    if (ctx?.response) return
    if (error?.name === 'AbortError' || error === 'timeout') {
      say(words().noAnswer)
    } else if (ctx) {
      say(words().unreachable)
    }
  })

  // For browsers that ignore autofocus on plain elements.
  addEventListener('load', () => setTimeout(() => {
    const summary = document.querySelector('main [autofocus]')
    if (summary && document.activeElement === document.body) focus(summary)
  }))
})()
