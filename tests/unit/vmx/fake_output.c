/* SPDX-License-Identifier: MIT */
#include "unit/vmx/fake_output.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "kernel/trace_port.h"
#include "lib/error.h"
#include "mm/frame.h"
#include "sim/pool.h"
#include "vmx/recorder.h"

struct fake_output output;

static struct vcpu *const v = &fake.vcpu;
static struct vcpu_ops ops;
static const struct fake_exit *exits;
static unsigned exits_left;

bool log_has_room(void)
{
	return !output.log_is_full;
}

u64 time_tsc_hz(void)
{
	return 2000000000;
}

int trace_port_open(const void *header, size_t size, const char **why)
{
	*why = output.port_missing;
	if (*why)
		return -ERR_NOENT;
	return output.port_used || trace_port_write(header, size) ? 0 : -ERR_NOENT;
}

bool trace_port_write(const void *bytes, size_t size)
{
	if (output.port_busy) {
		output.port_busy--;
		return false;
	}
	assert_true(size <= sizeof(output.port) - output.port_used);
	memcpy(output.port + output.port_used, bytes, size);
	output.port_used += size;
	return true;
}

void trace_port_flush(void)
{
}

static void pause(struct vcpu *vcpu)
{
	(void)vcpu;
	assert_false(output.paused);
	output.paused = true;
	output.pauses++;
}

static void resume(struct vcpu *vcpu)
{
	(void)vcpu;
	assert_true(output.paused);
	output.paused = false;
	output.resumes++;
}

int fake_output_setup(void **state)
{
	pool_open_frames(MIB(16), 4096);
	fake_sink_setup(state);
	memset(&output, 0, sizeof(output));
	ops = *v->ops;
	ops.pause = pause;
	ops.resume = resume;
	v->ops = &ops;
	assert_int_equal(recorder_create(v, 128, true, 1), 0);
	return 0;
}

int fake_output_teardown(void **state)
{
	struct frame_stats stats;

	(void)state;
	trace_destroy(v);
	recorder_destroy(v);
	frame_get_stats(&stats);
	assert_int_equal(stats.bytes[FRAME_WATCH], 0);
	pool_close();
	return 0;
}

static void play(struct vcpu *vcpu)
{
	const struct fake_exit *e = exits++;

	assert_false(output.paused);
	if (!--exits_left)
		vcpu_attend(vcpu, ATTENTION_STOP);
	if (e->guest)
		e->guest(vcpu);
	sim_exit(e->reason, e->qualification, e->length);
	sim_set(VMCS_ENTRY_INTERRUPTION_INFO, 0);
}

void fake_output_run(const struct fake_exit *list, unsigned count)
{
	exits = list;
	exits_left = count;
	sim_vmx.guest = play;
	v->stop.cause = STOP_NONE;
	vcpu_run(v);
	assert_false(output.paused);
}

void fake_output_trace(const char *words)
{
	char complaint[LOG_LINE_MAX];

	if (trace_configure(v, words, complaint, sizeof(complaint)))
		fail_msg("%s", complaint);
}
