/* What is typed on signed-in pages: nothing of it is lost, and shortcuts of one key. */
(() => {
  'use strict'
  const byId = id => document.getElementById(id)
  const dialog = () => byId('dialog')
  const on = (name, handler, capture = false) => document.addEventListener(name, handler, capture)

  // Markup that the page brings along and does not show.
  const kept = id => new DOMParser().parseFromString(byId(id).textContent, 'text/html').body

  /* ---- Nothing typed is lost ---- */

  const TYPED = 'textarea:not([readonly]), input:not([readonly], [type="hidden"], [type="checkbox"], [type="radio"], [type="file"])'
  const typedIn = root => [...root.querySelectorAll(TYPED)]
  let before = new Map() // what the fields of the dialog held when it opened

  const isChanged = box => Boolean(box.querySelector('[data-lines] li')) ||
    typedIn(box).some(field => field.value !== (before.get(field.name) ?? field.defaultValue))

  function ask(discard) {
    const box = kept('ask-discard').firstElementChild
    document.body.append(box)
    box.addEventListener('close', () => {
      box.remove()
      if (box.returnValue === 'discard') discard()
    })
    box.showModal()
  }

  // Whether closing has to wait for an answer.
  function holds() {
    if (!dialog()?.open || !isChanged(dialog())) return false
    if (!document.querySelector('dialog[open]:not(#dialog)')) ask(() => dialog().close())
    return true
  }

  function hold(event) {
    if (!holds()) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  on('keydown', event => {
    if (event.key === 'Escape' && !event.target.closest('dialog:not(#dialog)')) hold(event)
  }, true)
  on('cancel', event => { if (event.target === dialog()) hold(event) }, true) // Back on Android, for one
  on('click', event => { if (event.target.closest('#dialog [data-close]')) hold(event) }, true)

  let pressed = null // where the mouse went down: a selection may end outside
  on('mousedown', event => { pressed = event.target })
  on('click', event => {
    const box = dialog()
    if (!box?.open || event.target !== box || pressed !== box) return
    const { left, right, top, bottom } = box.getBoundingClientRect()
    const isInside = event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom
    if (!isInside && !holds()) box.close()
  })

  // A whole page with a long text in it.
  let isSent = false
  on('submit', event => { if (!event.defaultPrevented) isSent = true })
  addEventListener('pageshow', () => { isSent = false })
  addEventListener('beforeunload', event => {
    const forms = [...document.querySelectorAll('form[data-ask-before-leaving]')]
    const isTyped = form => form.querySelector('[data-lines] li') ||
      typedIn(form).some(field => field.value !== field.defaultValue)
    if (!isSent && forms.some(isTyped)) event.preventDefault()
  })

  /* ---- Back closes the dialog only: for this the history has one entry more, of the same page ---- */

  let hasEntry = false // the dialog is open on it
  let isLeft = Boolean(history.state?.dialog) // closed, and the entry is still there: Back passes over it
  let shown = location.href

  new MutationObserver(() => {
    if (!dialog()?.open || hasEntry) return
    hasEntry = true
    if (!isLeft) history.pushState({ htmx: true, dialog: true }, '')
    before = new Map(typedIn(dialog()).map(field => [field.name, field.value]))
    typeAhead()
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ['open'] })

  function leaveEntry() {
    if (hasEntry) isLeft = true
    hasEntry = false
    shown = location.href
  }

  on('close', event => { if (event.target === dialog()) leaveEntry() }, true)
  on('htmx:after:settle', () => { if (!dialog()?.open) leaveEntry() }) // another page came, or another address
  on('htmx:after:history:push', () => { isLeft = hasEntry = false })

  addEventListener('popstate', () => {
    isOurs = hasEntry || isLeft
    setTimeout(() => { isOurs = false }, 500)
    if (hasEntry) {
      if (holds()) return history.pushState({ htmx: true, dialog: true }, '')
      hasEntry = isLeft = false
      dialog()?.close()
    } else if (isLeft) {
      isLeft = false
      location.href === shown ? history.back() : location.reload()
    }
  })

  // htmx must not take these steps for its own: it would reload the page, or reset the focus.
  let isOurs = false
  window.navigation?.addEventListener('navigate', event => {
    if (event.navigationType === 'traverse' && (hasEntry || isLeft)) event.stopImmediatePropagation()
  }, true)
  on('htmx:before:history:restore', event => { if (isOurs) event.preventDefault() })

  /* ---- Shortcuts ---- */

  const OFF = 'gatehouse-shortcuts'
  const isOff = () => { try { return localStorage.getItem(OFF) === 'off' } catch { return false } }
  const isTyping = element => element.matches?.('select, [contenteditable]') || element.matches?.(TYPED)
  let ahead = null // what is typed between the key and the dialog
  let isEntered = false // with Enter behind it

  function typeAhead() {
    const field = ahead && dialog().querySelector('[autofocus]')
    if (field) field.value += ahead
    if (field && isEntered) field.form.requestSubmit(field.form.querySelector('.primary'))
    forget()
  }

  function forget() {
    ahead = null
    isEntered = false
  }

  function showKeys() {
    const box = dialog()
    document.querySelectorAll('[data-menu][open]').forEach(menu => { menu.open = false })
    box.replaceChildren(...kept('keys').childNodes)
    box.querySelector('[data-shortcuts-on]').checked = !isOff()
    box.showModal()
    byId('dialog-title').focus()
  }

  const keys = {
    n() {
      if (!byId('invite')) return byId('keys').dataset.invite && location.assign(byId('keys').dataset.invite)
      ahead = ''
      setTimeout(forget, 5000)
      byId('invite').click()
    },
    '/'() {
      const field = byId('q')
      field?.closest('details')?.setAttribute('open', '')
      field?.focus()
      field?.select()
    },
    '?': showKeys,
  }

  on('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return
    if (document.querySelector('dialog[open]') || isTyping(event.target)) return
    if (ahead !== null && (event.key.length === 1 || (ahead && event.key === 'Enter'))) {
      event.preventDefault()
      if (event.key === 'Enter') isEntered = true
      else if (!isEntered) ahead += event.key
    } else if (!isOff() && !event.repeat && Object.hasOwn(keys, event.key)) {
      event.preventDefault()
      keys[event.key]()
    }
  })

  // Into the account menu, once; a page that htmx put in place of another has none yet.
  function offerKeys() {
    const signOut = document.querySelector('.account form')
    if (signOut && !document.querySelector('[data-show-keys]')) signOut.before(kept('keys-button').firstElementChild)
  }
  offerKeys()
  on('htmx:after:settle', offerKeys)
  on('click', event => { if (event.target.closest('[data-show-keys]')) showKeys() })
  on('change', event => {
    if (!event.target.matches('[data-shortcuts-on]')) return
    try { localStorage.setItem(OFF, event.target.checked ? 'on' : 'off') } catch { /* it lasts as long as the page */ }
  })
  for (const box of document.querySelectorAll('[data-shortcuts-on]')) box.checked = !isOff()
})()
