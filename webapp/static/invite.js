/* The invite form: addresses become lines that the server checks while they are typed or pasted.
   Without this script they are one text, which the server reads and answers in the same way. */
(() => {
  'use strict'
  const ADDRESS = /[^\s@]@[^\s@]+\.[^\s@]/
  const on = (name, handler, capture = false) => document.addEventListener(name, handler, capture)
  const formOf = element => element?.closest?.('form[data-invite]')
  const linesOf = form => [...form.querySelectorAll('[data-lines] li[data-text]')]
  const known = new WeakSet()
  let number = 0 // of the newest check: the answers to earlier ones are out of date

  const textOf = lines => lines.map(line => line.dataset.text).join('\n')

  /* ---- The lines ---- */

  function list(form) {
    const place = form.querySelector('[data-lines]')
    if (!place.querySelector('ul')) {
      place.innerHTML = '<ul class="people"></ul><p class="hint" role="status"></p>'
    } else if (!place.querySelector('[role="status"]')) {
      const words = document.createElement('p')
      words.className = 'hint'
      words.setAttribute('role', 'status')
      place.append(words)
    }
    return place.querySelector('ul')
  }

  // Shown at once, as it was typed; the server's lines take its place.
  function add(form, text) {
    const line = document.createElement('li')
    line.dataset.text = text
    line.className = 'who'
    line.textContent = text
    list(form).append(line)
  }

  function say(form, words) {
    list(form)
    form.querySelector('[data-lines] [role="status"]').textContent = words
  }

  function name(form) {
    const count = linesOf(form).length + (form.elements.email.value.trim() ? 1 : 0)
    const button = form.querySelector('[data-several]')
    button.textContent = count > 1 ? button.dataset.several.replace('{n}', count) : button.dataset.one
  }

  function settle(form) {
    name(form)
    form.querySelector('[name="others"]')?.remove() // it was about the lines as they were sent
  }

  // What is said on top and at the field speaks of the lines as they were sent.
  function change(form) {
    settle(form)
    const summary = (form.closest('dialog') ?? document).querySelector('.error-summary')
    summary?.querySelectorAll('a[href="#email"]').forEach(link => link.closest('li').remove())
    if (!summary?.querySelector('li')) summary?.remove()
    const field = form.elements.email
    const about = field.getAttribute('aria-describedby')
    form.querySelector('#email-error')?.remove()
    field.removeAttribute('aria-invalid')
    if (about) field.setAttribute('aria-describedby', about.replace('email-error', '').trim())
  }

  async function check(form) {
    const mine = ++number
    const data = new FormData(form)
    data.set('email', textOf(linesOf(form)))
    data.delete('asked') // only sending the form answers what it asked
    data.delete('once')
    data.delete('kept')
    settle(form)
    if (!data.get('email')) return say(form, '')
    try {
      const answer = await fetch(form.dataset.invite, { method: 'POST', body: new URLSearchParams(data), headers: { 'HX-Request': 'true' } })
      if (!answer.ok || answer.redirected) return
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const people = page.querySelector('[data-people]')
      if (mine !== number || !people || !form.isConnected) return
      list(form).replaceWith(people)
      say(form, people.dataset.said)
      settle(form)
    } catch { /* offline: the lines stay as they are, and sending them says what is wrong */ }
  }

  function read(form, text) {
    form.elements.email.value = ''
    add(form, text.trim())
    check(form)
  }

  function commit(form, text) {
    if (!text.trim()) return
    change(form)
    read(form, text)
  }

  /* ---- Typing and pasting ---- */

  // Whether the text before the caret is a person: Bo Lind <bo@x.org> is one only when the bracket is closed.
  const isWhole = text => ADDRESS.test(text) && (!text.includes('<') || /<[^<>]*>\s*$/.test(text))

  on('keydown', event => {
    const form = event.target.name === 'email' && formOf(event.target)
    if (!form || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    const { value, selectionStart, selectionEnd } = event.target
    if ([',', ';', ' '].includes(event.key) && selectionStart === value.length && isWhole(value)) {
      event.preventDefault()
      commit(form, value)
    } else if (event.key === 'Enter' && event.target.matches('textarea') && !event.shiftKey) {
      event.preventDefault()
      form.requestSubmit(form.querySelector('.primary'))
    } else if (event.key === 'Backspace' && !value && !selectionEnd) {
      const last = linesOf(form).at(-1)
      if (!last) return
      event.preventDefault()
      event.target.value = last.dataset.text
      last.remove()
      change(form)
      check(form)
    }
  })

  on('paste', event => {
    const form = event.target.name === 'email' && formOf(event.target)
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (!form || !ADDRESS.test(text)) return
    event.preventDefault()
    const { value, selectionStart, selectionEnd } = event.target
    commit(form, value.slice(0, selectionStart) + text + value.slice(selectionEnd))
  })

  // On the way to a button the text is left for sending. A line that appears while the mouse is down
  // would move what is under it, so it waits until the click is over.
  let release = null
  on('pointerdown', () => { release = [] }, true)
  for (const name of ['pointerup', 'pointercancel']) {
    on(name, () => setTimeout(() => {
      release?.forEach(form => form.isConnected && commit(form, form.elements.email.value))
      release = null
    }), true)
  }

  on('focusout', event => {
    const form = event.target.name === 'email' && formOf(event.target)
    const next = event.relatedTarget
    if (!form || !next || !form.contains(next) || next.matches('button, a')) return
    release ? release.push(form) : commit(form, event.target.value)
  })

  on('input', event => {
    const form = event.target.name === 'email' && formOf(event.target)
    if (form) change(form)
  })

  /* ---- Changing lines ---- */

  function leave(line) {
    const form = formOf(line)
    const next = line.nextElementSibling ?? line.previousElementSibling
    const focus = next?.querySelector('[data-remove]') ?? form.elements.email
    const words = line.querySelector('.who').textContent.trim()
    line.remove()
    focus.focus()
    number++ // an answer that is under way still has the line
    change(form)
    if (form.querySelector('li.who')) check(form)
    say(form, form.dataset.removed.replace('{who}', words))
  }

  on('click', event => {
    const button = event.target.closest('[data-remove], [data-use], [data-keep]')
    const form = formOf(button)
    if (!form) return
    const line = button.closest('li')
    if ('remove' in button.dataset) return leave(line)
    if ('use' in button.dataset) {
      line.dataset.text = line.dataset.text.replace(button.dataset.use, button.dataset.meant)
    } else {
      const kept = document.createElement('input')
      Object.assign(kept, { type: 'hidden', name: 'sure', value: button.dataset.keep })
      form.append(kept)
    }
    form.elements.email.focus()
    change(form)
    check(form)
  })

  // However it is sent, by the browser or by htmx, the lines are part of the field.
  on('formdata', event => {
    const form = formOf(event.target)
    if (form && form.querySelector('[data-lines] li')) event.formData.set('email', `${textOf(linesOf(form))}\n${form.elements.email.value}`.trim())
  })

  /* ---- A form that comes with a list: after a refusal, or given back ---- */

  function take(form) {
    if (known.has(form)) return
    known.add(form)
    const field = form.elements.email
    if (linesOf(form).length) {
      list(form)
      field.value = ''
      name(form)
    } else if (field.value.includes('\n')) {
      read(form, field.value)
    }
  }

  const look = () => document.querySelectorAll('form[data-invite]').forEach(take)
  on('htmx:after:swap', look)
  look()
})()
