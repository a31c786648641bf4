/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real worker processes. Those that replace lost ones are this program once more, by another
 * name. A worker is made busy by stopping it before it gets a job.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/child.h"
#include "init/loop.h"
#include "init/pool.h"
#include "init/worker.h"
#include "support.h"

#define PATIENCE_USEC (10 * USEC_PER_SEC)
#define UNKNOWN_OP    99
#define PIDS_MAX      64

static struct loop *loop;
static struct children *children;
static struct pool *pool;

static pid_t pids[PIDS_MAX]; /* of all workers there ever were, in their order */
static unsigned int n_pids;
static unsigned int n_awaited; /* replies */
static struct strbuf order;    /* the names of the answered requests */
static uint64_t time_divisor;
static bool spawning_fails;

struct request {
	const char *name;
	struct pool_job *job;
	unsigned int n_replies;
	int code;
	char text[64];        /* the reply's first string */
	struct request *next; /* submitted from within the reply */
};

/* The linker puts these in the place of those; see meson.build. */
pid_t __real_fork(void);
pid_t __wrap_fork(void);
int __real_child_spawn(const struct child_params *params, pid_t *ret_pid);
int __wrap_child_spawn(const struct child_params *params, pid_t *ret_pid);
void __real_loop_timer_start(struct loop_timer *timer, uint64_t after_usec);
void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec);
int __wrap_log_open_kmsg(void);

pid_t __wrap_fork(void)
{
	pid_t pid = __real_fork();

	if (pid > 0)
		pids[n_pids++ % PIDS_MAX] = pid;
	return pid;
}

int __wrap_child_spawn(const struct child_params *params, pid_t *ret_pid)
{
	int r = spawning_fails ? -ENOMEM : __real_child_spawn(params, ret_pid);

	if (r >= 0)
		pids[n_pids++ % PIDS_MAX] = *ret_pid;
	return r;
}

void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec)
{
	__real_loop_timer_start(timer, after_usec / time_divisor);
}

/* Workers speak to standard error: the kernel's log is the machine's that runs the tests. */
int __wrap_log_open_kmsg(void)
{
	return -EPERM;
}

static void start_pool(unsigned int n_workers)
{
	n_pids = 0;
	n_awaited = 0;
	time_divisor = 1;
	spawning_fails = false;
	assert_int_equal(pool_fork(n_workers, &pool), 0);
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(children_new(loop, &children), 0);
	assert_int_equal(pool_start(pool, loop, children), 0);
}

static int set_up(void **state)
{
	start_pool(2);
	return 0;
}

static bool is_running(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

static int tear_down(void **state)
{
	for (unsigned int i = 0; i < n_pids; i++)
		if (is_running(pids[i]))
			(void)kill(pids[i], SIGCONT);
	pool = pool_free(pool);
	for (unsigned int i = 0; i < n_pids; i++) {
		if (!is_running(pids[i]))
			continue;
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
	children = children_free(children);
	loop = loop_free(loop);
	strbuf_done(&order);
	return 0;
}

static void on_reply(void *userdata, const struct worker_message *reply);

static void submit_as(struct request *request, int op, enum pool_priority priority,
		      uint64_t timeout_usec)
{
	struct worker_message message;

	worker_message_init(&message, op, 0);
	assert_int_equal(worker_message_add(&message, request->name), 0);
	assert_int_equal(pool_submit(pool, &message, priority, timeout_usec, on_reply, request,
				     &request->job),
			 0);
	n_awaited++;
}

static void submit(struct request *request)
{
	submit_as(request, UNKNOWN_OP, POOL_PRIORITY_DEVICE, USEC_INFINITY);
}

static void on_reply(void *userdata, const struct worker_message *reply)
{
	struct request *request = userdata;

	request->n_replies++;
	request->code = reply->code;
	(void)snprintf(request->text, sizeof(request->text), "%s", worker_message_get(reply, 0));
	strbuf_printf(&order, "%s ", request->name);
	n_awaited--;
	if (request->next)
		submit(request->next);
}

static void on_too_late(void *userdata)
{
	fail_msg("%u replies did not come in time", n_awaited);
}

static bool (*is_over)(void);

static void stop_when_over(void *userdata)
{
	if (is_over())
		loop_stop(loop);
}

static void run_until(bool (*condition)(void))
{
	struct loop_timer *timer;

	is_over = condition;
	loop_set_hook(loop, stop_when_over, NULL);
	assert_int_equal(loop_timer_new(loop, on_too_late, NULL, &timer), 0);
	__real_loop_timer_start(timer, PATIENCE_USEC);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(timer);
}

static bool all_replied(void)
{
	return n_awaited == 0;
}

static bool pool_rests(void)
{
	return pool_is_idle(pool);
}

static bool third_worker_exists(void)
{
	return n_pids >= 3;
}

static void stop_worker(unsigned int i)
{
	siginfo_t info;

	assert_int_equal(kill(pids[i], SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, (id_t)pids[i], &info, WSTOPPED | WNOWAIT), 0);
}

static void continue_worker(unsigned int i)
{
	assert_int_equal(kill(pids[i], SIGCONT), 0);
}

/* And waits until it is dead, but leaves it to be reaped. */
static void kill_worker(unsigned int i)
{
	siginfo_t info;

	assert_int_equal(kill(pids[i], SIGKILL), 0);
	assert_int_equal(waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOWAIT), 0);
}

static void assert_reply(const struct request *request, int code)
{
	assert_int_equal(request->n_replies, 1);
	assert_int_equal(request->code, code);
}

static void test_unknown_op(void **state)
{
	struct request request = { .name = "x" };

	assert_true(pool_is_idle(pool));
	submit(&request);
	assert_false(pool_is_idle(pool));
	run_until(all_replied);
	assert_reply(&request, -ENOTSUP);
	assert_true(pool_is_idle(pool));
}

static void test_probe(void **state)
{
	struct request found = { .name = scratch_path("swap") };
	struct request missing = { .name = scratch_path("missing") };

	write_swap_image(found.name, "pool");
	submit_as(&found, WORKER_PROBE, POOL_PRIORITY_DEVICE, PATIENCE_USEC);
	submit_as(&missing, WORKER_PROBE, POOL_PRIORITY_DEVICE, PATIENCE_USEC);
	run_until(all_replied);
	assert_reply(&found, 0);
	assert_string_equal(found.text, "TYPE=swap");
	assert_reply(&missing, -ENOENT);
	assert_string_equal(missing.text, "");
}

/* Each reply goes to whom it belongs. */
static void test_many(void **state)
{
	struct request requests[200] = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++) {
		requests[i].name = "/nonexistent";
		submit_as(&requests[i], i % 3 ? WORKER_PROBE : UNKNOWN_OP, i % N_POOL_PRIORITIES,
			  PATIENCE_USEC);
	}
	run_until(all_replied);
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++)
		assert_reply(&requests[i], i % 3 ? -ENOENT : -ENOTSUP);
	assert_int_equal(n_pids, 2);
}

static void test_priorities(void **state)
{
	struct request fillers[2] = { { .name = "filler" }, { .name = "filler" } };
	struct request other = { .name = "other" }, fs = { .name = "fs" };
	struct request input = { .name = "input" }, storage = { .name = "storage" };
	struct request device = { .name = "device" }, later = { .name = "later" };

	stop_worker(0);
	stop_worker(1);
	submit(&fillers[0]);
	submit(&fillers[1]);
	submit_as(&other, UNKNOWN_OP, POOL_PRIORITY_MODULE_OTHER, USEC_INFINITY);
	submit_as(&fs, UNKNOWN_OP, POOL_PRIORITY_MODULE_FILESYSTEM, USEC_INFINITY);
	submit_as(&input, UNKNOWN_OP, POOL_PRIORITY_MODULE_INPUT, USEC_INFINITY);
	submit_as(&storage, UNKNOWN_OP, POOL_PRIORITY_MODULE_STORAGE, USEC_INFINITY);
	submit_as(&device, UNKNOWN_OP, POOL_PRIORITY_DEVICE, USEC_INFINITY);
	submit_as(&later, UNKNOWN_OP, POOL_PRIORITY_DEVICE, USEC_INFINITY);
	continue_worker(0);
	/* The filler of the worker that stays stopped, and what the last idle worker is not for. */
	n_awaited -= 2;
	run_until(all_replied);
	assert_string_equal(strbuf_string(&order), "filler device later storage input fs ");
	assert_int_equal(fillers[1].n_replies, 0);
	assert_false(pool_is_idle(pool));

	continue_worker(1);
	n_awaited += 2;
	run_until(all_replied);
	assert_string_equal(strbuf_string(&order),
			    "filler device later storage input fs filler other ");
	assert_true(pool_is_idle(pool));
}

static void test_held(void **state)
{
	struct request module = { .name = "module" }, probe = { .name = "probe" };

	pool_set_held(pool, true);
	submit_as(&module, UNKNOWN_OP, POOL_PRIORITY_MODULE_STORAGE, USEC_INFINITY);
	assert_false(pool_is_busy(pool));
	assert_false(pool_is_idle(pool));
	submit_as(&probe, UNKNOWN_OP, POOL_PRIORITY_DEVICE, USEC_INFINITY);
	assert_true(pool_is_busy(pool));
	n_awaited--;
	run_until(all_replied);
	assert_reply(&probe, -ENOTSUP);
	assert_int_equal(module.n_replies, 0);
	assert_false(pool_is_busy(pool));

	n_awaited++;
	pool_set_held(pool, false);
	assert_true(pool_is_busy(pool));
	run_until(all_replied);
	assert_reply(&module, -ENOTSUP);
	assert_true(pool_is_idle(pool));
}

static void test_worker_dies_busy(void **state)
{
	struct request lost = { .name = "lost" }, stuck = { .name = "stuck" };
	struct request next = { .name = "next" };

	stop_worker(0);
	submit(&lost);
	kill_worker(0);
	run_until(all_replied);
	assert_reply(&lost, -EIO);
	assert_string_equal(lost.text, "no answer about lost: its worker process died");

	/* With the other one stopped, only the new one can answer. */
	assert_int_equal(n_pids, 3);
	stop_worker(1);
	submit(&stuck);
	submit(&next);
	n_awaited--;
	run_until(all_replied);
	assert_reply(&next, -ENOTSUP);
	assert_int_equal(stuck.n_replies, 0);
}

static void test_worker_dies_idle(void **state)
{
	struct request stuck = { .name = "stuck" }, next = { .name = "next" };

	kill_worker(0);
	run_until(third_worker_exists);
	stop_worker(1);
	submit(&stuck);
	submit(&next);
	n_awaited--;
	run_until(all_replied);
	assert_reply(&next, -ENOTSUP);
}

/*
 * Both are reaped before the loop has seen the second one's socket close. What is submitted from
 * within its failure must not be given to the dead.
 */
static void test_all_die_and_more_is_submitted(void **state)
{
	struct request next[2] = { { .name = "c" }, { .name = "d" } };
	struct request lost[2] = { { .name = "a", .next = &next[0] },
				   { .name = "b", .next = &next[1] } };

	stop_worker(0);
	stop_worker(1);
	submit(&lost[0]);
	submit(&lost[1]);
	kill_worker(0);
	kill_worker(1);
	run_until(all_replied);
	for (unsigned int i = 0; i < 2; i++) {
		assert_reply(&lost[i], -EIO);
		assert_reply(&next[i], -ENOTSUP);
	}
}

/* Whoever waits must not wait for ever. */
static void test_nobody_is_left(void **state)
{
	struct request requests[3] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };
	struct worker_message message;

	spawning_fails = true;
	stop_worker(0);
	stop_worker(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++)
		submit(&requests[i]);
	kill_worker(0);
	kill_worker(1);
	run_until(all_replied);
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++)
		assert_reply(&requests[i], -EIO);
	worker_message_init(&message, UNKNOWN_OP, 0);
	assert_true(pool_submit(pool, &message, POOL_PRIORITY_DEVICE, USEC_INFINITY, on_reply, NULL,
				NULL) < 0);
}

static void test_cancel_waiting(void **state)
{
	struct request fillers[2] = { { .name = "filler" }, { .name = "filler" } };
	struct request cancelled = { .name = "cancelled" }, next = { .name = "next" };

	stop_worker(0);
	stop_worker(1);
	submit(&fillers[0]);
	submit(&fillers[1]);
	submit(&cancelled);
	submit(&next);
	pool_cancel(cancelled.job);
	n_awaited--;
	continue_worker(0);
	continue_worker(1);
	run_until(all_replied);
	assert_int_equal(cancelled.n_replies, 0);
	assert_reply(&next, -ENOTSUP);
	assert_true(pool_is_idle(pool));
}

static void test_cancel_running(void **state)
{
	struct request cancelled = { .name = "cancelled" };
	struct request next[3] = { { .name = "a" }, { .name = "b" }, { .name = "c" } };

	stop_worker(0);
	submit(&cancelled);
	pool_cancel(cancelled.job);
	n_awaited--;
	/* It goes on without us, and is busy until it has ended. */
	assert_false(pool_is_idle(pool));
	continue_worker(0);
	run_until(pool_rests);
	for (unsigned int i = 0; i < ARRAY_SIZE(next); i++)
		submit(&next[i]);
	run_until(all_replied);
	for (unsigned int i = 0; i < ARRAY_SIZE(next); i++)
		assert_reply(&next[i], -ENOTSUP);
	assert_int_equal(cancelled.n_replies, 0);
	assert_int_equal(n_pids, 2);
}

static void test_timeout(void **state)
{
	struct request slow = { .name = "slow" }, next = { .name = "next" };

	stop_worker(0);
	submit_as(&slow, UNKNOWN_OP, POOL_PRIORITY_DEVICE, 20 * USEC_PER_MSEC);
	run_until(all_replied);
	assert_reply(&slow, -ETIMEDOUT);
	/* The answer comes at once, the next worker when this one has been reaped. */
	run_until(pool_rests);
	assert_int_equal(n_pids, 3);
	submit(&next);
	run_until(all_replied);
	assert_reply(&next, -ENOTSUP);
}

/* With seconds that take a millisecond: a module's load is never ended, but replaced in its work.
 */
static void test_slow_jobs_make_the_pool_grow(void **state)
{
	struct request slow[2] = { { .name = "a" }, { .name = "b" } }, next = { .name = "next" };

	time_divisor = 1000;
	stop_worker(0);
	stop_worker(1);
	submit(&slow[0]);
	submit(&slow[1]);
	submit(&next);
	n_awaited -= 2;
	run_until(all_replied);
	assert_reply(&next, -ENOTSUP);
	assert_true(is_running(pids[0]));
	assert_true(is_running(pids[1]));

	n_awaited = 2;
	continue_worker(0);
	continue_worker(1);
	run_until(all_replied);
	assert_reply(&slow[0], -ENOTSUP);
	assert_reply(&slow[1], -ENOTSUP);
	assert_true(pool_is_idle(pool));
}

static void test_slow_and_then_too_slow(void **state)
{
	struct request slow = { .name = "slow" };

	time_divisor = 1000;
	stop_worker(0);
	submit_as(&slow, UNKNOWN_OP, POOL_PRIORITY_DEVICE, 60 * USEC_PER_SEC);
	run_until(all_replied);
	assert_reply(&slow, -ETIMEDOUT);
	run_until(pool_rests);
	/* One when it was slow, and one for the one that was ended. */
	assert_int_equal(n_pids, 4);
}

static void test_freed_with_jobs_inside(void **state)
{
	struct request requests[4] = {
		{ .name = "a" }, { .name = "b" }, { .name = "c" }, { .name = "d" }
	};

	stop_worker(0);
	stop_worker(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++)
		submit(&requests[i]);
	pool = pool_free(pool);
	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++)
		assert_int_equal(requests[i].n_replies, 0);
	/* Busy workers are not waited for. */
	assert_true(is_running(pids[0]));
}

/* What may be ended is not left to the next init; a module load is. */
static void test_freed_with_a_probe(void **state)
{
	struct request load = { .name = "load" }, probe = { .name = "probe" };
	int status;

	stop_worker(0);
	stop_worker(1);
	submit_as(&load, UNKNOWN_OP, POOL_PRIORITY_DEVICE, USEC_INFINITY);
	submit_as(&probe, UNKNOWN_OP, POOL_PRIORITY_DEVICE, 60 * USEC_PER_SEC);
	pool = pool_free(pool);
	assert_true(is_running(pids[0]));
	/* One that was not ended would end by itself now. */
	(void)kill(pids[1], SIGCONT);
	assert_int_equal(waitpid(pids[1], &status, 0), pids[1]);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

struct count_row {
	const char *name;
	unsigned int wanted, n_workers;
};

static const struct count_row count_rows[] = {
	{ "no worker wanted", 0, 2 },
	{ "three wanted", 3, 3 },
	{ "many wanted", 1000, 16 },
};

static void forks_workers(void **state)
{
	const struct count_row *row = *state;

	(void)tear_down(NULL);
	start_pool(row->wanted);
	assert_int_equal(n_pids, row->n_workers);
}

int main(int argc, char **argv)
{
	struct test_list list = { 0 };
	sigset_t signals;

	if (str_equal(argv[0], WORKER_PROGRAM_NAME))
		worker_run(WORKER_FD);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);

	TEST(&list, test_unknown_op);
	TEST(&list, test_probe);
	TEST(&list, test_many);
	TEST(&list, test_priorities);
	TEST(&list, test_held);
	TEST(&list, test_worker_dies_busy);
	TEST(&list, test_worker_dies_idle);
	TEST(&list, test_all_die_and_more_is_submitted);
	TEST(&list, test_nobody_is_left);
	TEST(&list, test_cancel_waiting);
	TEST(&list, test_cancel_running);
	TEST(&list, test_timeout);
	TEST(&list, test_slow_jobs_make_the_pool_grow);
	TEST(&list, test_slow_and_then_too_slow);
	TEST(&list, test_freed_with_jobs_inside);
	TEST(&list, test_freed_with_a_probe);
	TEST_ROWS(&list, forks_workers, count_rows);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
