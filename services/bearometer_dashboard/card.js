// Draws a card's stories, history and facts from plain rows. Vue writes every value as text; links were checked by the server.
export default {
  props: { stories: Array, wordless: String, steps: Array, facts: Array },
  template: `
    <div class="card-text">
      <div>
        <h4>Top stories</h4>
        <p class="quiet" v-if="!stories?.length">No stories were kept with this alert.</p>
        <ol class="stories" v-else>
          <li v-for="(story, i) in stories" :key="i">
            <component :is="story.url ? 'a' : 'span'" class="title" :href="story.url" target="_blank" rel="noopener noreferrer">
              <template v-if="story.words.length" v-for="(word, k) in story.words" :key="k"
                ><span v-if="word.mark" :class="['word', 'by' + word.mark]">{{ word.text }}</span><template v-else>{{ word.text }}</template>{{ " " }}</template>
              <template v-else>{{ story.title }}</template>
            </component>
            <p class="quiet">
              <b class="score">{{ story.score }}</b> {{ [story.time, story.source, story.weight && story.weight + " of the weight"].filter(Boolean).join(" · ") }}
            </p>
            <p class="quiet" v-if="story.copies">{{ story.copies }}</p>
          </li>
        </ol>
        <p class="quiet" v-if="wordless">{{ wordless }}</p>
      </div>
      <div>
        <h4>History</h4>
        <table>
          <tr v-for="(step, i) in steps" :key="i">
            <td class="time">{{ step.time }}</td>
            <td>{{ step.state }}</td>
            <td class="quiet">{{ step.actor }}</td>
            <td class="quiet">{{ step.note }}</td>
          </tr>
        </table>
        <p class="quiet" v-for="fact in facts" :key="fact">{{ fact }}</p>
      </div>
    </div>`,
};
