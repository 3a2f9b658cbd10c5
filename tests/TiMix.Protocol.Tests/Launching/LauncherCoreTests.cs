using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Launching.LauncherEffects;

namespace TiMix.Protocol.Tests.Launching;

/// <summary>What the launcher decides, at given seconds.</summary>
public sealed class LauncherCoreTests
{
    private static readonly string[] Wrote = ["first", "last"];
    private static readonly LossReason Silent = new(LossKind.Silent, 3);
    private LauncherCore _launcher = new(new LauncherPlan());

    public LauncherCoreTests() => Do(new LauncherInputs.Begin(), 0);

    [Fact]
    public void A_cluster_is_one_coordinator_loaders_mixers_and_trainers_with_fixed_names()
    {
        _launcher = new LauncherCore(new LauncherPlan { Loaders = 2, Mixers = 2, Trainers = 3 });
        var starts = Do(new LauncherInputs.Begin(), 0).Cast<Start>().ToList();
        Assert.Equal(
            ["coordinator:coordinator", "loader-1:loader+evaluator", "loader-2:loader", "mixer-1:mixer", "mixer-2:mixer", "trainer-1:trainer",
                "trainer-2:trainer", "trainer-3:trainer"],
            starts.Select(start => $"{start.Node.Name}:{string.Join('+', start.Node.Roles)}"));
        Assert.All(starts, start => Assert.True(start.Begin));
    }

    [Fact]
    public void Once_somebody_has_trained_a_coordinator_that_starts_anew_takes_up_what_is_going_on()
    {
        Exit("coordinator", 137, 1);
        Assert.True(Assert.IsType<Start>(Assert.Single(Tick(2))).Begin);
        Do(new LauncherInputs.Viewed(["trainer-1"]), 3);
        Exit("coordinator", 137, 4);
        Assert.False(Assert.IsType<Start>(Assert.Single(Tick(6))).Begin);
    }

    [Fact]
    public void Scaling_up_starts_trainers_with_new_names_and_scaling_down_drains_the_newest()
    {
        Do(new LauncherInputs.Stepped(1), 1);
        var up = Do(new LauncherInputs.Scale(7, 4), 1);
        Assert.Equal(["trainer-3", "trainer-4"], up.OfType<Start>().Select(start => start.Node.Name));
        Assert.Equal(["trainer-3", "trainer-4"], AnswerIn<LauncherAnswer.Coming>(up, 7).Nodes);
        Assert.Equal([new Answer(8, new LauncherAnswer.AlreadyThere(4))], Do(new LauncherInputs.Scale(8, 4), 2));
        var down = Do(new LauncherInputs.Scale(9, 1), 3);
        Assert.Equal(["trainer-4", "trainer-3", "trainer-2"], down.OfType<AskToLeave>().Select(ask => ask.Node));
        Assert.Equal(["trainer-4", "trainer-3", "trainer-2"], AnswerIn<LauncherAnswer.Going>(down, 9).Nodes);
        Assert.Equal([new TellLost("trainer-4"), new Say(new Notice.NodeHasLeft("trainer-4"))], Exit("trainer-4", 0, 4));
        Assert.Empty(Tick(60));
        Assert.Equal("trainer-5", Do(new LauncherInputs.Scale(10, 2), 61).OfType<Start>().Single().Node.Name);
    }

    [Fact]
    public void Wishes_that_would_let_the_run_wait_or_cannot_be_fulfilled_are_refused_and_nothing_is_done()
    {
        _launcher = new LauncherCore(new LauncherPlan { MinTrainers = 2 });
        Do(new LauncherInputs.Begin(), 0);
        Assert.Equal([new Answer(1, new LauncherAnswer.NotBegun())], Do(new LauncherInputs.Scale(1, 3), 1));
        Assert.Equal([new Answer(2, new LauncherAnswer.NotBegun())], Do(new LauncherInputs.Drain(2, "trainer-1"), 1));
        Do(new LauncherInputs.Stepped(1), 1);
        Assert.Equal([new Answer(3, new LauncherAnswer.NeedsMore(1, 2))], Do(new LauncherInputs.Scale(3, 1), 2));
        Assert.Equal([new Answer(4, new LauncherAnswer.Indispensable("trainer-1", 1, 2))], Do(new LauncherInputs.Drain(4, "trainer-1"), 2));
        Assert.Equal(["trainer-1", "trainer-2"], AnswerIn<LauncherAnswer.NoTrainer>(Do(new LauncherInputs.Drain(5, "mixer-1"), 2), 5).Trainers);
        Assert.Equal(
            ["coordinator", "loader-1", "mixer-1", "trainer-1", "trainer-2"],
            AnswerIn<LauncherAnswer.UnknownNode>(Do(new LauncherInputs.Drain(6, "trainer-9"), 2), 6).Present);
    }

    [Fact]
    public void More_trainers_than_a_step_has_micro_batches_are_refused_and_more_than_the_machine_has_room_for_are_told_so()
    {
        _launcher = new LauncherCore(new LauncherPlan { MostTrainers = 4, Room = 3 });
        Do(new LauncherInputs.Begin(), 0);
        Do(new LauncherInputs.Stepped(1), 1);
        Assert.Equal([new Answer(1, new LauncherAnswer.TooMany(5, 4))], Do(new LauncherInputs.Scale(1, 5), 1));
        var coming = AnswerIn<LauncherAnswer.Coming>(Do(new LauncherInputs.Scale(2, 4), 2), 2);
        Assert.Equal((4, 3), (coming.Trainers, coming.Room));
    }

    [Fact]
    public void A_dead_trainer_that_is_to_come_back_counts_and_does_not_come_back_when_it_is_drained()
    {
        Do(new LauncherInputs.Stepped(1), 1);
        Exit("trainer-2", 137, 1);
        Assert.Equal([new Answer(1, new LauncherAnswer.AlreadyThere(2))], Do(new LauncherInputs.Scale(1, 2), 1));
        Assert.Equal([new Answer(2, new LauncherAnswer.TrainerLeaves("trainer-2", 1))], Do(new LauncherInputs.Drain(2, "trainer-2"), 1));
        Assert.Empty(Tick(60));
        AnswerIn<LauncherAnswer.UnknownNode>(Do(new LauncherInputs.Drain(3, "trainer-2"), 61), 3);
    }

    [Fact]
    public void A_trainer_that_stands_still_on_purpose_is_woken_up_to_hear_that_it_may_leave()
    {
        Inject(FaultKind.Hang, "trainer", 8, 1);
        Do(new LauncherInputs.Stepped(1), 1);
        Assert.Equal(
            [new GoOn("trainer-2"), new AskToLeave("trainer-2"), new Answer(1, new LauncherAnswer.TrainerLeaves("trainer-2", 1))],
            Do(new LauncherInputs.Drain(1, "trainer-2"), 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(137)]
    public void Whoever_ends_before_the_run_has_died_whatever_its_exit_code(int exitCode)
    {
        Assert.Equal(
            [new TellLost("trainer-1"), new Say(new Notice.NodeDied("trainer-1", exitCode, 200, OnPurpose: false, "last"))],
            Exit("trainer-1", exitCode, 5));
        Assert.Empty(Tick(5.1));
        Assert.Equal(5200, _launcher.NextDue);
        Assert.Equal("trainer-1", Assert.IsType<Start>(Assert.Single(Tick(5.2))).Node.Name);
        Assert.Null(_launcher.NextDue);
    }

    [Fact]
    public void The_pause_before_a_restart_doubles_up_to_ten_seconds_and_a_minute_of_health_resets_it()
    {
        var now = 1.0;
        foreach (var pause in new[] { 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10 })
        {
            Exit("mixer-1", 1, now);
            Assert.Equal(Milliseconds(now + pause), _launcher.NextDue);
            now += pause;
            Assert.Single(Tick(now));
            now++;
        }

        Exit("mixer-1", 1, now + 60);
        Assert.Equal(Milliseconds(now + 60.2), _launcher.NextDue);
    }

    [Fact]
    public void After_the_last_restart_the_run_is_given_up_with_what_the_process_wrote()
    {
        _launcher = new LauncherCore(new LauncherPlan { MaxRestarts = 2 });
        Do(new LauncherInputs.Begin(), 0);
        for (var i = 0; i < 2; i++)
        {
            Assert.DoesNotContain(Exit("loader-1", 139, 1 + i), effect => effect is GiveUp);
            Tick(1.9 + i);
        }

        Assert.Equal(new GiveUp(new LauncherFailure.DiedTooOften("loader-1", 139, 2, Wrote)), Exit("loader-1", 139, 4)[^1]);
    }

    [Fact]
    public void A_node_that_says_the_user_made_a_mistake_ends_the_run_at_once() =>
        Assert.Equal([new GiveUp(new LauncherFailure.CouldNotStart("trainer-1", Wrote))], Exit("trainer-1", LauncherCore.Mistake, 1));

    [Fact]
    public void Injected_deaths_are_written_down_before_they_happen_and_do_not_count()
    {
        _launcher = new LauncherCore(new LauncherPlan { MaxRestarts = 0, Faults = FaultSchedule.Parse("kill:trainer@12") });
        Do(new LauncherInputs.Begin(), 0);
        Assert.Empty(Do(new LauncherInputs.Stepped(11), 9));
        var fault = new Fault(FaultKind.Kill, "trainer", 12, TimeSpan.Zero);
        for (var i = 0; i < 5; i++)
        {
            var now = 10 * (i + 1);
            Assert.Equal(
                [
                    new WriteDown(fault, "trainer-2", 13),
                    new Say(new Notice.FaultInjected(fault, "trainer-2", 13)),
                    new Kill("trainer-2"),
                ],
                i == 0 ? Do(new LauncherInputs.Stepped(13), now) : Do(new LauncherInputs.Inject(fault), now));
            Assert.Equal([new TellLost("trainer-2")], Exit("trainer-2", 137, now + 0.02).Where(effect => effect is not Say));
            Assert.Equal(Milliseconds(now + 0.22), _launcher.NextDue);
            Tick(now + 0.22);
        }

        Assert.Empty(Do(new LauncherInputs.Stepped(14), 90));
        Assert.Single(Exit("trainer-2", 137, 100).OfType<GiveUp>());
    }

    [Fact]
    public void A_role_means_its_newest_living_node_and_a_name_that_node()
    {
        Assert.Equal("trainer-1", Hit("trainer-1"));
        Assert.Equal("trainer-2", Hit("trainer"));
        var nobody = Assert.IsType<Notice.FaultHitsNobody>(Assert.IsType<Say>(Assert.Single(Inject(FaultKind.Kill, "trainer", 0, 1))).Notice);
        Assert.Equal(["coordinator", "loader-1", "mixer-1"], nobody.Living);
        Assert.Equal("loader-1", Hit("evaluator"));
    }

    [Fact]
    public void Killing_all_hits_everybody_once()
    {
        var effects = Inject(FaultKind.Kill, "all", 0, 1);
        Assert.Equal(["coordinator", "loader-1", "mixer-1", "trainer-1", "trainer-2"], effects.OfType<Kill>().Select(kill => kill.Node));
        Assert.Equal(5, effects.OfType<WriteDown>().Count());
        Assert.Empty(_launcher.Living);
    }

    [Fact]
    public void A_trainer_that_joins_gets_the_next_number_even_after_another_has_left()
    {
        Assert.Equal("trainer-3", Join());
        Assert.Equal(new AskToLeave("trainer-3"), Inject(FaultKind.Drain, "trainer", 0, 2)[^1]);
        Assert.Equal(new Say(new Notice.NodeHasLeft("trainer-3")), Exit("trainer-3", 0, 3)[^1]);
        Assert.Null(_launcher.NextDue);
        Assert.Equal("trainer-4", Join());

        string Join() => Assert.IsType<Start>(Inject(FaultKind.Join, "trainer", 0, 1)[^1]).Node.Name;
    }

    [Fact]
    public void Whoever_dies_while_it_is_leaving_does_not_come_back_either()
    {
        Inject(FaultKind.Drain, "trainer-2", 0, 1);
        Assert.Equal([new TellLost("trainer-2"), new Say(new Notice.NodeDiedLeaving("trainer-2", 137))], Exit("trainer-2", 137, 2));
        Assert.Empty(Tick(60));
    }

    [Fact]
    public void A_trainer_that_was_put_out_and_lives_hangs_and_is_started_anew()
    {
        Assert.Equal([new Kill("trainer-1"), new Say(new Notice.NodeHangs("trainer-1", Silent))], Lose("trainer-1", 20));
        Assert.Empty(Lose("trainer-1", 20.1));
        Exit("trainer-1", 137, 20.1);
        Assert.IsType<Start>(Assert.Single(Tick(21)));
    }

    [Theory]
    [InlineData(LossKind.ProcessDied, 20)]
    [InlineData(LossKind.DidNotComeBack, 20)]
    [InlineData(LossKind.Left, 20)]
    [InlineData(LossKind.Silent, 2)]
    public void Old_news_of_an_earlier_process_does_not_hit_the_new_one(LossKind kind, double seconds) =>
        Assert.Empty(Do(new LauncherInputs.Lost("trainer-1", new LossReason(kind)), seconds));

    [Fact]
    public void News_of_somebody_unknown_dead_or_leaving_changes_nothing()
    {
        Assert.Empty(Lose("stranger", 20));
        Exit("trainer-1", 137, 20);
        Assert.Empty(Lose("trainer-1", 20));
        Inject(FaultKind.Drain, "trainer-2", 0, 20);
        Assert.Empty(Lose("trainer-2", 21));
        Assert.Empty(Do(new LauncherInputs.Exited("stranger", 1, Wrote), 22));
    }

    [Fact]
    public void A_trainer_that_hangs_for_ever_on_purpose_is_ended_when_it_is_missed_and_does_not_count()
    {
        _launcher = new LauncherCore(new LauncherPlan { MaxRestarts = 0 });
        Do(new LauncherInputs.Begin(), 0);
        Assert.Equal(new Halt("trainer-2"), Inject(FaultKind.Hang, "trainer", 0, 10)[^1]);
        Assert.DoesNotContain("trainer-2", _launcher.Living.Select(node => node.Name));
        Assert.Equal(new Kill("trainer-2"), Lose("trainer-2", 13)[0]);
        Assert.DoesNotContain(Exit("trainer-2", 137, 13), effect => effect is GiveUp);
    }

    [Fact]
    public void A_zombie_is_left_alone_until_it_wakes_up_and_comes_back()
    {
        Inject(FaultKind.Hang, "trainer", 8, 10);
        Assert.Empty(Lose("trainer-2", 13));
        Assert.Equal(18_000, _launcher.NextDue);
        Assert.Equal([new GoOn("trainer-2"), new Say(new Notice.NodeGoesOn("trainer-2"))], Tick(18));
        Assert.Contains("trainer-2", _launcher.Living.Select(node => node.Name));
        Do(new LauncherInputs.Viewed(["trainer-1", "trainer-2"]), 19);
        Assert.Null(_launcher.NextDue);
        Assert.Empty(Tick(100));
    }

    [Fact]
    public void A_zombie_that_does_not_come_back_is_ended_after_a_while()
    {
        Inject(FaultKind.Hang, "trainer", 8, 10);
        Lose("trainer-2", 13);
        Tick(18);
        Do(new LauncherInputs.Viewed(["trainer-1"]), 19);
        Assert.Equal(38_000, _launcher.NextDue);
        Assert.Equal([new Kill("trainer-2"), new Say(new Notice.NodeIsNotBack("trainer-2"))], Tick(38));
    }

    [Fact]
    public void A_trainer_that_is_cut_off_is_told_for_how_long_and_left_alone()
    {
        Assert.Equal(new CutOff("trainer-2", TimeSpan.FromSeconds(2.5)), Inject(FaultKind.Partition, "trainer", 2.5, 10)[^1]);
        Assert.Empty(Lose("trainer-2", 12));
        Assert.IsType<Kill>(Lose("trainer-2", 60)[0]);
    }

    [Fact]
    public void A_trainer_whose_bit_was_flipped_may_die_of_it()
    {
        _launcher = new LauncherCore(new LauncherPlan { MaxRestarts = 0 });
        Do(new LauncherInputs.Begin(), 0);
        Assert.Equal(new FlipBit("trainer-2"), Inject(FaultKind.Flip, "trainer", 0, 10)[^1]);
        Assert.DoesNotContain(Exit("trainer-2", 139, 12), effect => effect is GiveUp);
        Tick(13);
        Assert.Contains(Exit("trainer-2", 139, 40), effect => effect is GiveUp);
    }

    [Fact]
    public void A_node_that_is_put_out_for_good_is_ended_and_does_not_come_back()
    {
        Assert.Equal([new Kill("trainer-2")], Do(new LauncherInputs.Lost("trainer-2", new LossReason(LossKind.Offended)), 20));
        Assert.Equal([new TellLost("trainer-2")], Exit("trainer-2", 137, 21));
        Assert.Empty(Tick(60));
        Assert.DoesNotContain("trainer-2", _launcher.Living.Select(node => node.Name));
    }

    [Fact]
    public void A_trainer_that_was_told_to_do_wrong_may_die_of_it()
    {
        Assert.Equal(new TurnBad("trainer-2", FaultKind.Stall), Inject(FaultKind.Stall, "trainer", 0, 10)[^1]);
        Assert.Equal(new Kill("trainer-2"), Do(new LauncherInputs.Lost("trainer-2", new LossReason(LossKind.Stuck, 60)), 90)[0]);
        Assert.Contains(new Say(new Notice.NodeDied("trainer-2", 137, LauncherCore.ShortestPause, true, null)), Exit("trainer-2", 137, 91));
    }

    [Fact]
    public void The_coordinator_is_told_to_stop_until_the_run_is_over()
    {
        Assert.Equal([new Enter(new RunPhase.Stopping()), AskToStop.Instance], Do(new LauncherInputs.Stop(), 5));
        Assert.Empty(Do(new LauncherInputs.Stop(), 6));
        Assert.Empty(Tick(6.9));
        Assert.Equal(7000, _launcher.NextDue);
        Assert.Equal([AskToStop.Instance], Tick(7));
        Assert.Equal(9000, _launcher.NextDue);
    }

    private static long Milliseconds(double seconds) => (long)Math.Round(seconds * 1000);

    private static T AnswerIn<T>(IReadOnlyList<IEffect> effects, long request)
        where T : LauncherAnswer
    {
        var answer = Assert.IsType<Answer>(effects[^1]);
        Assert.Equal(request, answer.Request);
        return Assert.IsType<T>(answer.What);
    }

    private string Hit(string target) => Assert.Single(Inject(FaultKind.Kill, target, 0, 1).OfType<Kill>()).Node;

    private IReadOnlyList<IEffect> Inject(FaultKind kind, string target, double duration, double at) =>
        Do(new LauncherInputs.Inject(new Fault(kind, target, 1, TimeSpan.FromSeconds(duration))), at);

    private IReadOnlyList<IEffect> Exit(string node, int exitCode, double at) => Do(new LauncherInputs.Exited(node, exitCode, Wrote), at);

    private IReadOnlyList<IEffect> Lose(string node, double at) => Do(new LauncherInputs.Lost(node, Silent), at);

    private IReadOnlyList<IEffect> Tick(double at) => Do(TiMix.Protocol.Messages.Tick.Instance, at);

    private IReadOnlyList<IEffect> Do(IInput input, double at) => _launcher.Handle(input, Milliseconds(at));
}
