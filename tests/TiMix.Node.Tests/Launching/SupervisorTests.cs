using TiMix.Node.Launching;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using static TiMix.Node.Launching.LauncherAction;

namespace TiMix.Node.Tests.Launching;

/// <summary>What the launcher decides, at given times.</summary>
public sealed class SupervisorTests
{
    private static readonly LossReason Silent = new(LossKind.Silent, 3);
    private static readonly DateTimeOffset T0 = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Wrote = ["first", "last"];

    private readonly Supervisor _supervisor = new(Options());

    public SupervisorTests() => _supervisor.Begin(T0);

    [Fact]
    public void A_cluster_is_one_coordinator_loaders_mixers_and_trainers_with_fixed_names()
    {
        var nodes = new Supervisor(Options() with { Loaders = 2, Mixers = 2, Trainers = 3 }).Begin(T0).Cast<Start>().Select(start => $"{start.Node.Name}:{string.Join('+', start.Node.Roles)}");
        Assert.Equal(
            ["coordinator:coordinator", "loader-1:loader+evaluator", "loader-2:loader", "mixer-1:mixer", "mixer-2:mixer", "trainer-1:trainer", "trainer-2:trainer", "trainer-3:trainer"],
            nodes);
    }

    [Fact]
    public void Scaling_up_starts_trainers_with_new_names_and_scaling_down_drains_the_newest()
    {
        var (up, coming, _) = _supervisor.Scale(4, At(1));
        Assert.Equal(["trainer-3", "trainer-4"], up.Cast<Start>().Select(start => start.Node.Name));
        Assert.Equal(["trainer-3", "trainer-4"], coming);
        Assert.Empty(_supervisor.Scale(4, At(2)).Actions);
        var (down, _, going) = _supervisor.Scale(1, At(3));
        Assert.Equal([new AskToLeave("trainer-4"), new AskToLeave("trainer-3"), new AskToLeave("trainer-2")], down);
        Assert.Equal(["trainer-4", "trainer-3", "trainer-2"], going);
        Assert.IsType<Note>(_supervisor.Exited("trainer-4", 0, [], At(4))[1]);
        Assert.Empty(_supervisor.Tick(At(60)));
        Assert.Equal("trainer-5", Assert.IsType<Start>(Assert.Single(_supervisor.Scale(2, At(61)).Actions)).Node.Name);
    }

    [Fact]
    public void A_dead_trainer_that_is_to_come_back_counts_and_does_not_come_back_when_it_is_drained()
    {
        _supervisor.Exited("trainer-2", 137, [], At(1));
        Assert.Empty(_supervisor.Scale(2, At(1)).Actions);
        Assert.Empty(_supervisor.Drain("trainer-2")!);
        Assert.Empty(_supervisor.Tick(At(60)));
        Assert.Null(_supervisor.Drain("trainer-2"));
        Assert.Null(_supervisor.Drain("mixer-1"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(137)]
    public void Whoever_ends_before_the_run_has_died_whatever_its_exit_code(int exitCode)
    {
        var actions = _supervisor.Exited("trainer-1", exitCode, Wrote, At(5));
        Assert.Equal(new TellLost("trainer-1"), actions[0]);
        Assert.Contains("last", Assert.IsType<Note>(actions[1]).Text, StringComparison.Ordinal);
        Assert.Empty(_supervisor.Tick(At(5.1)));
        Assert.Equal(At(5.2), _supervisor.NextDue);
        Assert.Equal("trainer-1", Assert.IsType<Start>(Assert.Single(_supervisor.Tick(At(5.2)))).Node.Name);
        Assert.Null(_supervisor.NextDue);
    }

    [Fact]
    public void The_pause_before_a_restart_doubles_up_to_ten_seconds_and_a_minute_of_health_resets_it()
    {
        var now = At(1);
        foreach (var pause in new[] { 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10 })
        {
            _supervisor.Exited("mixer-1", 1, Wrote, now);
            Assert.Equal(now.AddSeconds(pause), _supervisor.NextDue);
            now = now.AddSeconds(pause);
            Assert.Single(_supervisor.Tick(now));
            now = now.AddSeconds(1);
        }

        _supervisor.Exited("mixer-1", 1, Wrote, now.AddSeconds(60));
        Assert.Equal(now.AddSeconds(60.2), _supervisor.NextDue);
    }

    [Fact]
    public void After_the_last_restart_the_run_is_given_up_with_what_the_process_wrote()
    {
        var supervisor = new Supervisor(Options() with { MaxRestarts = 2 });
        supervisor.Begin(T0);
        for (var i = 0; i < 2; i++)
        {
            Assert.DoesNotContain(supervisor.Exited("loader-1", 139, Wrote, At(1 + i)), action => action is GiveUp);
            supervisor.Tick(At(1.9 + i));
        }

        var reason = Assert.Single(supervisor.Exited("loader-1", 139, Wrote, At(4)).OfType<GiveUp>()).Reason;
        Assert.Equal("loader-1 died (signal 11) after 2 restarts, which is the limit (--max-restarts); it wrote last: first | last", reason);
    }

    [Fact]
    public void A_node_that_says_the_user_made_a_mistake_ends_the_run_at_once() =>
        Assert.Equal("trainer-1 could not start: first | last", Assert.IsType<GiveUp>(Assert.Single(_supervisor.Exited("trainer-1", 2, Wrote, At(1)))).Reason);

    [Fact]
    public void Injected_deaths_are_written_down_before_they_happen_and_do_not_count()
    {
        var supervisor = new Supervisor(Options() with { MaxRestarts = 0 });
        supervisor.Begin(T0);
        for (var i = 0; i < 5; i++)
        {
            var now = At(10 * (i + 1));
            var actions = supervisor.Inject(new Fault(FaultKind.Kill, "trainer", 12, TimeSpan.Zero), 13, now);
            Assert.Equal(new WriteDown(new InjectedFault("kill", "trainer", "trainer-2", 13, now.ToUnixTimeMilliseconds())), actions[0]);
            Assert.Equal(new Kill("trainer-2"), actions[^1]);
            Assert.Equal([new TellLost("trainer-2")], supervisor.Exited("trainer-2", 137, Wrote, now.AddMilliseconds(20)).Where(action => action is not Note));
            Assert.Equal(now.AddMilliseconds(220), supervisor.NextDue);
            supervisor.Tick(now.AddMilliseconds(220));
        }

        Assert.Single(supervisor.Exited("trainer-2", 137, Wrote, At(100)).OfType<GiveUp>());
    }

    [Fact]
    public void A_role_means_its_newest_living_node_and_a_name_that_node()
    {
        Assert.Equal("trainer-1", Hit(new Fault(FaultKind.Kill, "trainer-1", 1, TimeSpan.Zero)));
        Assert.Equal("trainer-2", Hit(new Fault(FaultKind.Kill, "trainer", 1, TimeSpan.Zero)));
        var none = _supervisor.Inject(new Fault(FaultKind.Kill, "trainer", 1, TimeSpan.Zero), 1, At(1));
        Assert.Equal("fault kill:trainer@1: no living node is meant by \"trainer\"; living: coordinator, loader-1, mixer-1", Assert.IsType<Note>(Assert.Single(none)).Text);
        Assert.Equal("loader-1", Hit(new Fault(FaultKind.Kill, "evaluator", 1, TimeSpan.Zero)));
    }

    [Fact]
    public void Killing_all_hits_everybody_once()
    {
        var actions = _supervisor.Inject(new Fault(FaultKind.Kill, "all", 30, TimeSpan.Zero), 30, At(1));
        Assert.Equal(["coordinator", "loader-1", "mixer-1", "trainer-1", "trainer-2"], actions.OfType<Kill>().Select(kill => kill.Node));
        Assert.Equal(5, actions.OfType<WriteDown>().Count());
        Assert.Empty(_supervisor.Living);
    }

    [Fact]
    public void A_trainer_that_joins_gets_the_next_number_even_after_another_has_left()
    {
        var joined = Join();
        Assert.Equal("trainer-3", joined.Node.Name);
        Assert.Equal(new AskToLeave("trainer-3"), _supervisor.Inject(new Fault(FaultKind.Drain, "trainer", 1, TimeSpan.Zero), 1, At(2))[^1]);
        Assert.Equal([new TellLost("trainer-3"), new Note(NoticeLevel.Information, "trainer-3 has left")], _supervisor.Exited("trainer-3", 0, Wrote, At(3)));
        Assert.Null(_supervisor.NextDue);
        Assert.Equal("trainer-4", Join().Node.Name);

        Start Join() => Assert.IsType<Start>(_supervisor.Inject(new Fault(FaultKind.Join, "trainer", 1, TimeSpan.Zero), 1, At(1))[^1]);
    }

    [Fact]
    public void A_trainer_that_was_put_out_and_lives_hangs_and_is_started_anew()
    {
        var actions = _supervisor.Lost("trainer-1", Silent, At(20));
        Assert.Equal(new Kill("trainer-1"), actions[0]);
        Assert.Empty(_supervisor.Lost("trainer-1", Silent, At(20.1)));
        _supervisor.Exited("trainer-1", 137, Wrote, At(20.1));
        Assert.IsType<Start>(Assert.Single(_supervisor.Tick(At(21))));
    }

    [Theory]
    [InlineData(LossKind.ProcessDied, 20)]
    [InlineData(LossKind.DidNotComeBack, 20)]
    [InlineData(LossKind.Left, 20)]
    [InlineData(LossKind.Silent, 2)]
    public void Old_news_of_an_earlier_process_does_not_hit_the_new_one(LossKind kind, double seconds) => Assert.Empty(_supervisor.Lost("trainer-1", new LossReason(kind), At(seconds)));

    [Fact]
    public void News_of_somebody_unknown_dead_or_leaving_changes_nothing()
    {
        Assert.Empty(_supervisor.Lost("stranger", Silent, At(20)));
        _supervisor.Exited("trainer-1", 137, Wrote, At(20));
        Assert.Empty(_supervisor.Lost("trainer-1", Silent, At(20)));
        _supervisor.Inject(new Fault(FaultKind.Drain, "trainer-2", 1, TimeSpan.Zero), 1, At(20));
        Assert.Empty(_supervisor.Lost("trainer-2", Silent, At(21)));
    }

    [Fact]
    public void A_trainer_that_hangs_for_ever_on_purpose_is_ended_when_it_is_missed_and_does_not_count()
    {
        var supervisor = new Supervisor(Options() with { MaxRestarts = 0 });
        supervisor.Begin(T0);
        Assert.Equal(new Halt("trainer-2"), supervisor.Inject(new Fault(FaultKind.Hang, "trainer", 1, TimeSpan.Zero), 1, At(10))[^1]);
        Assert.DoesNotContain("trainer-2", supervisor.Living.Select(node => node.Name));
        Assert.Equal(new Kill("trainer-2"), supervisor.Lost("trainer-2", Silent, At(13))[0]);
        Assert.DoesNotContain(supervisor.Exited("trainer-2", 137, Wrote, At(13)), action => action is GiveUp);
    }

    [Fact]
    public void A_zombie_is_left_alone_until_it_wakes_up_and_comes_back()
    {
        _supervisor.Inject(new Fault(FaultKind.Hang, "trainer", 1, TimeSpan.FromSeconds(8)), 1, At(10));
        Assert.Empty(_supervisor.Lost("trainer-2", Silent, At(13)));
        Assert.Equal(At(18), _supervisor.NextDue);
        Assert.Equal(new GoOn("trainer-2"), _supervisor.Tick(At(18))[0]);
        Assert.Contains("trainer-2", _supervisor.Living.Select(node => node.Name));
        _supervisor.Viewed(["trainer-1", "trainer-2"]);
        Assert.Null(_supervisor.NextDue);
        Assert.Empty(_supervisor.Tick(At(100)));
    }

    [Fact]
    public void A_zombie_that_does_not_come_back_is_ended_after_a_while()
    {
        _supervisor.Inject(new Fault(FaultKind.Hang, "trainer", 1, TimeSpan.FromSeconds(8)), 1, At(10));
        _supervisor.Lost("trainer-2", Silent, At(13));
        _supervisor.Tick(At(18));
        _supervisor.Viewed(["trainer-1"]);
        Assert.Equal(At(38), _supervisor.NextDue);
        Assert.Equal(new Kill("trainer-2"), _supervisor.Tick(At(38))[0]);
    }

    [Fact]
    public void A_trainer_that_is_cut_off_is_told_for_how_long_and_left_alone()
    {
        Assert.Equal(new Say("trainer-2", "partition 2.5"), _supervisor.Inject(new Fault(FaultKind.Partition, "trainer", 1, TimeSpan.FromSeconds(2.5)), 1, At(10))[^1]);
        Assert.Empty(_supervisor.Lost("trainer-2", Silent, At(12)));
        Assert.IsType<Kill>(_supervisor.Lost("trainer-2", Silent, At(60))[0]);
    }

    [Fact]
    public void A_bit_is_flipped_by_a_word() => Assert.Equal(new Say("trainer-2", "flip"), _supervisor.Inject(new Fault(FaultKind.Flip, "trainer", 1, TimeSpan.Zero), 1, At(10))[^1]);

    [Fact]
    public void The_coordinators_process_is_told_of_its_seeds_and_the_trainers_it_needs()
    {
        var options = Options() with { Membership = new() { MinTrainers = 2, StartTrainers = 3 } };
        string Arguments(LaunchOptions launch, bool begin) => string.Join(' ', NodePlan.Of(launch)[0].Arguments(launch, new NodePlace(15001, ["127.0.0.1:15000"], begin, "")));
        var always =
            $"node --child --name coordinator --roles coordinator --listen 127.0.0.1:15001 --join 127.0.0.1:15000 --run r --runs-dir runs --data-dir data --threads 1 --config {NodePlan.ClusterConfig} --lease 3 --min-trainers 2 --start-trainers 3";
        Assert.Equal(always + " --recipe runs/r/recipe.json", Arguments(options, begin: true));
        Assert.Equal(always + " --continue", Arguments(options with { Run = options.Run with { Resume = true } }, begin: true));
        Assert.Equal(always, Arguments(options, begin: false));
    }

    [Fact]
    public void A_trainers_process_computes_with_the_runs_threads()
    {
        var arguments = string.Join(' ', NodePlan.Trainer(4).Arguments(Options(), new NodePlace(15002, ["127.0.0.1:15000", "127.0.0.1:15001"], Begin: true, "")));
        Assert.Contains("--name trainer-4 --roles trainer --listen 127.0.0.1:15002 --join 127.0.0.1:15000,127.0.0.1:15001", arguments, StringComparison.Ordinal);
        Assert.Contains("--threads 5", arguments, StringComparison.Ordinal);
        Assert.DoesNotContain("--continue", arguments, StringComparison.Ordinal);
    }

    private string Hit(Fault fault) => Assert.Single(_supervisor.Inject(fault, 1, At(1)).OfType<Kill>()).Node;

    private static DateTimeOffset At(double seconds) => T0.AddSeconds(seconds);

    private static LaunchOptions Options() => new() { Run = new RunOptions { Name = "r", RunsDirectory = "runs", DataDirectory = "data", Recipe = new Recipe(), Threads = 5 } };
}
