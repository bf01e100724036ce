// Starts the library's components and adds a little comfort of ours. Every page works without it.
import { initAll } from '/assets/nhsuk-frontend.js'

initAll()
document.querySelectorAll('.app-bulk__count').forEach(countTicks)
foldFilters()
if (document.body.dataset.idle) warnBeforeTheEnd(Number(document.body.dataset.idle))

// Says how many rows are ticked, and what they are worth where the rows say so.
function countTicks(place) {
  const form = place.closest('form')
  const rows = () => [...form.querySelectorAll('.app-row-checkbox:checked')]
  const pounds = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP' })
  const say = () => {
    const ticked = rows()
    const worth = ticked.filter((row) => row.dataset.pence)
    const sum = worth.reduce((sum, row) => sum + Number(row.dataset.pence), 0)
    place.textContent = `${ticked.length} selected` + (worth.length ? `, ${pounds.format(sum / 100)}` : '')
  }
  // The library ticks the boxes of a "select all" in its own listener for the same click.
  form.addEventListener('click', () => setTimeout(say))
  window.addEventListener('pageshow', say)
}

// On a narrow screen the list comes first, and the filters open on request.
function foldFilters() {
  if (window.matchMedia('(max-width: 63.99em)').matches) {
    document.querySelectorAll('.app-filter[open]').forEach((filter) => filter.removeAttribute('open'))
  }
}

// Says 2 minutes before a session ends that nobody uses, and keeps it on request. What was typed stays on the page: it can be
// sent once the person has signed in again in another tab.
function warnBeforeTheEnd(idle) {
  const ahead = Math.min(120, idle / 2)
  const bar = document.createElement('div')
  bar.className = 'app-session-end'
  bar.setAttribute('role', 'alert')
  const says = document.createElement('p')
  const stay = document.createElement('button')
  stay.className = 'nhsuk-button nhsuk-button--small'
  stay.type = 'button'
  stay.textContent = 'Stay logged in'
  const signIn = document.createElement('a')
  signIn.href = '/sign-in'
  signIn.target = '_blank'
  signIn.textContent = 'Sign in again (opens in a new tab)'
  let timer

  // Another tab may have used the session meanwhile, so the server is asked how long it still lasts.
  const left = async () => {
    const answer = await fetch('/session/left', { redirect: 'manual' })
    return answer.ok ? Number(await answer.text()) : 0
  }
  const look = async () => {
    const seconds = await left().catch(() => ahead)
    if (seconds > ahead) {
      bar.remove()
      after(seconds - ahead)
    } else if (seconds > 0) {
      const minutes = Math.ceil(seconds / 60)
      show(`You will be logged out in ${minutes === 1 ? '1 minute' : `${minutes} minutes`}.`, stay)
      after(Math.min(seconds, 30))
    } else {
      show('You were logged out. What you typed is still on this page. Sign in again, then come back to it.', signIn)
      after(30)
    }
  }
  const after = (seconds) => {
    clearTimeout(timer)
    timer = setTimeout(look, seconds * 1000)
  }
  const show = (words, action) => {
    // Said again only when it changes: a screen reader reads it aloud.
    if (says.textContent !== words) says.textContent = words
    if (bar.lastChild !== action) bar.replaceChildren(says, action)
    if (!bar.isConnected) document.body.prepend(bar)
  }
  stay.addEventListener('click', async () => {
    await fetch('/session/stay', { method: 'POST' }).catch(() => {})
    look()
  })
  after(idle - ahead)
  // A machine that slept has not counted the time.
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && bar.isConnected && look())
}
