/* The table of invitations: search while typing, rows chosen across pages, and where the focus goes.
   It listens on the window, in the capture phase, and so before app.js. */
(() => {
  'use strict'
  const byId = id => document.getElementById(id)
  const on = (name, handler) => window.addEventListener(name, handler, true)
  const all = (selector, within = byId('invitations')) => [...within?.querySelectorAll(selector) ?? []]
  const rows = () => all('tbody tr')
  const idOf = element => element?.getAttribute?.('id') ?? '' // a form's `id` may be one of its fields
  const isLost = () => !document.activeElement?.closest('body *') || document.activeElement.closest('dialog:not([open])')
  const suffix = document.title.slice(byId('invitations')?.dataset.title.length) // the organization, Gatehouse

  /* ---- Addresses: nothing empty in them, and one entry in the history for one search ---- */

  on('htmx:config:request', event => {
    const { ctx } = event.detail
    if (idOf(ctx.sourceElement) !== 'filters') return
    const { body } = ctx.request
    for (const [name, value] of [...body]) if (value === '') body.delete(name)
    if (ctx.sourceEvent?.type !== 'input' || !new URLSearchParams(location.search).has('q')) return
    ctx.push = null
    ctx.replace = 'true'
  })

  /* ---- What is chosen: kept by id, also while its row is on another page ---- */

  const MOST = 200 // as the server does at once
  const chosen = new Set()
  const boxes = () => all('tbody input[name="id"]')

  function show(isFull) {
    const form = byId('selected')
    if (!form) return
    for (const input of all('input[data-elsewhere]', form)) input.remove()
    const here = new Set(boxes().map(box => box.value))
    for (const id of chosen) {
      if (here.has(id)) continue
      const input = Object.assign(document.createElement('input'), { type: 'hidden', name: 'id', value: id })
      input.dataset.elsewhere = ''
      form.append(input)
    }
    const whole = byId('select-all')
    const isWhole = Boolean(whole?.checked)
    form.classList.toggle('shown', isWhole || chosen.size > 0)
    const said = byId('selected-count') // which has the words for it
    said.textContent = said.dataset[isFull ? 'most' : isWhole ? 'all' : 'some'].replace('{n}', chosen.size)
    const page = byId('select-page')
    const ticked = boxes().filter(box => box.checked).length
    page.checked = ticked > 0 && ticked === here.size
    page.indeterminate = ticked > 0 && ticked < here.size
  }

  // Ticked, unless there are too many already.
  function choose(box, isWanted) {
    box.checked = isWanted && (chosen.has(box.value) || chosen.size < MOST)
    box.checked ? chosen.add(box.value) : chosen.delete(box.value)
    return box.checked === isWanted
  }

  on('change', event => {
    const box = event.target
    const isRow = box.matches?.('#invitations tbody input[name="id"]')
    if (!isRow && !['select-page', 'select-all'].includes(box.id)) return
    const whole = byId('select-all')
    if (whole && box !== whole) whole.checked = false
    const fit = (isRow ? [box] : boxes()).map(one => choose(one, box.checked)).every(Boolean)
    show(!fit)
  })

  on('reset', event => {
    if (idOf(event.target) !== 'selected') return
    chosen.clear()
    setTimeout(() => {
      show()
      byId('select-page')?.focus()
    })
  })

  // After a swap: those whose rows can no longer be chosen are not.
  function chooseAgain(isDone) {
    if (isDone) chosen.clear()
    const whole = byId('select-all')
    if (whole) whole.checked = false
    for (const row of rows()) {
      const box = row.querySelector('input[name="id"]')
      if (box) box.checked = chosen.has(box.value)
      else chosen.delete(row.id.replace('row-', ''))
    }
    show()
  }

  /* ---- Focus: on the row that was acted on, or the one in its place; on the rows of a new page ---- */

  let place = null // the row of the last action: its id, and which one on the page it was

  on('htmx:before:request', event => {
    const source = event.detail.ctx.sourceElement
    if (source.closest('dialog')) return
    const row = source.closest('#invitations tbody tr')
    place = row && { id: row.id, at: rows().indexOf(row) }
  })

  function focusRow() {
    if (!place || !isLost() || byId('dialog')?.open) return
    const row = byId(place.id) ?? rows()[Math.min(place.at, rows().length - 1)]
    const link = row?.querySelector('th a') ?? byId('count')
    if (!row) link.tabIndex = -1
    link?.focus({ preventScroll: Boolean(byId(place.id)) })
  }

  on('htmx:after:swap', event => {
    const { ctx } = event.detail
    const table = byId('invitations')
    if (!table) return
    document.title = table.dataset.title + suffix
    for (const option of all('#filters option')) if (option.parentElement !== document.activeElement) option.selected = option.defaultSelected
    chooseAgain(ctx.request?.method === 'POST' && ctx.request.action?.endsWith('/selected'))
    if (idOf(ctx.sourceElement).startsWith('page-')) {
      byId('rows')?.focus({ preventScroll: true })
      byId('count').scrollIntoView()
    } else {
      focusRow()
    }
  })

  on('close', event => { if (event.target.id === 'dialog') focusRow() })

  // What a dialog was opened by gets the focus back: the button of the bar, not its form.
  let pressed = null
  on('submit', event => { if (idOf(event.target) === 'selected') pressed = event.submitter })
  on('focusin', event => { if (idOf(event.target) === 'selected') pressed?.focus() })

  /* ---- From the search to the first row by the arrow key ---- */

  on('keydown', event => {
    if (event.key !== 'ArrowDown' || event.target.id !== 'q') return
    const link = rows()[0]?.querySelector('th a')
    if (!link) return
    event.preventDefault()
    link.focus()
  })

  addEventListener('pageshow', () => { // a browser that comes back may have kept the ticks
    for (const box of boxes()) if (box.checked) chosen.add(box.value)
    show()
  })
})()
