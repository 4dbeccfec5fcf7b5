// Draws movers from plain rows: a line from the mood before (ring) to the mood now (dot). Vue writes every value as text.
export default {
  props: { rows: Array, windows: String, empty: String },
  template: `
    <section class="movers">
      <div class="panel-head"><h2>Movers</h2><span class="quiet">{{ windows }}</span></div>
      <p class="quiet" v-if="!rows.length">{{ empty }}</p>
      <table v-else>
        <thead>
          <tr><th></th><th class="scale">Mood, −1 to +1</th><th class="change">Change</th><th class="number">Items</th></tr>
        </thead>
        <tbody>
          <tr v-for="row in rows" :key="row.dimension + row.key" :class="row.way">
            <td class="key" :title="row.dimension + ' ' + row.key + ': ' + row.told">{{ row.key }}</td>
            <td class="scale">
              <svg viewBox="-1.08 -0.16 2.16 0.32" aria-hidden="true">
                <path class="axis" d="M-1 0H1M0 -.1V.1" /><path class="move" :d="'M' + row.before + ' 0H' + row.now" />
                <circle class="before" :cx="row.before" r=".065" /><circle class="now" :cx="row.now" r=".085" />
              </svg>
              <span class="unseen">{{ row.told }}</span>
            </td>
            <td class="change">{{ row.change }}</td>
            <td class="number">{{ row.items }}</td>
          </tr>
        </tbody>
      </table>
    </section>`,
};
