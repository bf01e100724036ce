// Starts the library's components. Every page works without it.
import { initAll } from '/assets/nhsuk-frontend.js'

initAll()
