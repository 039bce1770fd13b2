// Points by WebGL2. Cells are drawn in portions into a picture that is not shown until it is whole, so that a slow
// machine stays usable; a fast one draws everything in one portion.
const VERTEX = `#version 300 es
in vec2 place;
in uint entry;
uniform highp sampler2D palette;
uniform vec2 scale, shift;
uniform float size;
flat out vec4 colour;
void main() {
  colour = texelFetch(palette, ivec2(int(entry) & 255, int(entry) >> 8), 0);
  gl_Position = colour.a == 0.0 ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(place * scale + shift, 0.0, 1.0);
  gl_PointSize = size;
}`;
const FRAGMENT = `#version 300 es
precision highp float;
flat in vec4 colour;
uniform float size, opacity;
out vec4 ink;
void main() {
  float edge = size < 2.5 ? 1.0 : clamp(0.5 * size - length(gl_PointCoord - 0.5) * size + 0.5, 0.0, 1.0);
  ink = vec4(colour.rgb, 1.0) * (colour.a * opacity * edge);
}`;
const SMALLEST_PORTION = 65536, LARGEST_PORTION = 4194304, QUICK_MS = 14, SLOW_MS = 60;

class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.portion = 2 * SMALLEST_PORTION;
    this.slow = false;
    this.job = 0;
    this.gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true, powerPreference: "high-performance" });
    if (this.gl) this.prepare();
  }

  prepare() {
    const gl = this.gl, program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.bindAttribLocation(program, 0, "place");
    gl.bindAttribLocation(program, 1, "entry");
    gl.linkProgram(program);
    gl.useProgram(program);
    this.at = {};
    for (const name of ["scale", "shift", "size", "opacity"]) this.at[name] = gl.getUniformLocation(program, name);
    this.places = gl.createBuffer();
    this.entries = gl.createBuffer();
    this.order = gl.createBuffer();
    this.picture = gl.createFramebuffer();
    this.pixels = gl.createRenderbuffer();
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enableVertexAttribArray(0);
    gl.enableVertexAttribArray(1);
    this.resize();
  }

  resize() {
    const gl = this.gl, { width, height } = this.canvas;
    gl.bindRenderbuffer(gl.RENDERBUFFER, this.pixels);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.picture);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, this.pixels);
    gl.viewport(0, 0, width, height);
    this.blank = true;
  }

  setPlaces(xy) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.places);
    gl.bufferData(gl.ARRAY_BUFFER, xy, gl.STATIC_DRAW);
    gl.vertexAttribPointer(0, 2, gl.UNSIGNED_SHORT, true, 0, 0);
  }

  setEntries(entry) {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.entries);
    gl.bufferData(gl.ARRAY_BUFFER, entry, gl.STATIC_DRAW);
    gl.vertexAttribIPointer(1, 1, entry.BYTES_PER_ELEMENT === 1 ? gl.UNSIGNED_BYTE : gl.UNSIGNED_SHORT, 0, 0);
  }

  setOrder(order) {
    this.n = order.length;
    this.gl.bindBuffer(this.gl.ELEMENT_ARRAY_BUFFER, this.order);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, order, this.gl.DYNAMIC_DRAW);
  }

  // `palette`: RGBA of every entry, 4 bytes each.
  setPalette(palette) {
    const gl = this.gl, rows = Math.ceil(palette.length / 1024), padded = new Uint8Array(rows * 1024);
    padded.set(palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, padded);
  }

  // Draw all cells. `shown` is called in the frame that the new picture appears in, `finished` when all cells are in it.
  // A newer call ends an older one.
  draw({ scale, shift, size, opacity }, shown, finished) {
    const gl = this.gl;
    gl.uniform2f(this.at.scale, ...scale);
    gl.uniform2f(this.at.shift, ...shift);
    gl.uniform1f(this.at.size, size);
    gl.uniform1f(this.at.opacity, opacity);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.picture);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.step({ id: ++this.job, at: 0, spent: 0, shown, finished });
  }

  step(job) {
    if (job.id !== this.job || this.gl.isContextLost()) return;
    const gl = this.gl, count = Math.min(this.portion, this.n - job.at), begun = performance.now();
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, this.picture);
    gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * job.at);
    job.at += count;
    if (job.at >= this.n || this.blank) {
      this.show();
      job.shown();
    }
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    const wait = () => {
      if (gl.isContextLost()) return;
      if (gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED) {
        requestAnimationFrame(wait);
        return;
      }
      gl.deleteSync(fence);
      this.portionDone(job, count, performance.now() - begun);
    };
    requestAnimationFrame(wait);
  }

  portionDone(job, count, took) {
    if (took < QUICK_MS && count === this.portion) this.portion = Math.min(LARGEST_PORTION, 2 * this.portion);
    if (took > SLOW_MS) this.portion = Math.max(SMALLEST_PORTION, this.portion / 2);
    job.spent += took;
    if (job.at < this.n) {
      this.step(job);
    } else if (job.id === this.job) {
      this.slow = job.spent > SLOW_MS;
      this.blank = false;
      job.finished();
    }
  }

  show() {
    const gl = this.gl, { width, height } = this.canvas;
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.picture);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
  }

  free() {
    this.job++;
    this.gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
}
