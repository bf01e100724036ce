// Starts the library's components and adds a little comfort of ours. Every page works without it.
import { initAll } from '/assets/nhsuk-frontend.js'

initAll()
document.querySelectorAll('.app-bulk__count').forEach(countTicks)
foldFilters()

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
