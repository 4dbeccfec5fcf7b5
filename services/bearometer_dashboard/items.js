// Draws items from plain rows. Vue writes every value as text; links were checked by the server.
export default {
  emits: ["correct"],
  props: { rows: Array, empty: String },
  template: `
    <section class="items">
      <h2>Newest items</h2>
      <p class="quiet" v-if="!rows.length">{{ empty }}</p>
      <table v-else>
        <thead>
          <tr><th class="time">Time</th><th class="score">Score</th><th>Title</th><th class="tickers">Companies</th>
              <th class="topic">Topic</th><th class="source">Source</th><th class="correct"></th></tr>
        </thead>
        <tbody>
          <tr v-for="row in rows" :key="row.id" :class="{ fresh: row.fresh }" :data-item="row.id">
            <td class="time">{{ row.time }}<span class="flag" v-if="row.flag">{{ row.flag }}</span></td>
            <td class="score"><span :class="['chip', row.sentiment]">{{ row.sentiment }} <b>{{ row.score }}</b></span></td>
            <td class="title">
              <a v-if="row.url" :href="row.url" target="_blank" rel="noopener noreferrer">{{ row.title }}</a>
              <template v-else>{{ row.title }}</template>
              <div class="under">{{ [row.mentions.length ? row.told : row.tickers, row.topic, row.source].filter(Boolean).join(" · ") }}</div>
            </td>
            <td class="tickers" :title="row.told">
              <template v-if="row.mentions.length">
                <span v-for="one in row.mentions" :key="one.ticker" class="mention"
                  ><b :class="one.sentiment" aria-hidden="true">{{ one.sign }}</b>{{ one.ticker }}<span class="unseen">{{ ", " + one.sentiment }}</span></span>
                {{ row.more }}
              </template>
              <template v-else>{{ row.tickers }}</template>
            </td>
            <td class="topic">{{ row.topic }}</td>
            <td class="source">{{ row.source }}</td>
            <td class="correct">
              <button :title="row.corrected ? 'Corrected; correct again' : 'Correct the model'" :aria-label="'Correct: ' + row.title"
                @click="$emit('correct', row.id)">
                <span class="material-icons" aria-hidden="true">{{ row.corrected ? "task_alt" : "edit" }}</span>
              </button>
            </td>
          </tr>
        </tbody>
      </table>
    </section>`,
};
