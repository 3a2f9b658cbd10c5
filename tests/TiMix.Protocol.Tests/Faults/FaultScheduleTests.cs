using TiMix.Base;
using TiMix.Protocol.Faults;

namespace TiMix.Protocol.Tests.Faults;

public sealed class FaultScheduleTests
{
    [Fact]
    public void A_schedule_is_read_in_the_order_of_its_steps()
    {
        var schedule = FaultSchedule.Parse(
            "kill:mixer@40, kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:coordinator@46,partition:trainer@50/3s,flip:trainer@55,kill:all@60");
        Assert.Equal(
            [
                new Fault(FaultKind.Kill, "trainer", 12, TimeSpan.Zero), new Fault(FaultKind.Join, "trainer", 20, TimeSpan.Zero), new Fault(
                    FaultKind.Drain, "trainer", 28, TimeSpan.Zero),
                new Fault(FaultKind.Hang, "trainer", 33, TimeSpan.Zero), new Fault(FaultKind.Kill, "mixer", 40, TimeSpan.Zero), new Fault(
                    FaultKind.Kill, "coordinator", 46, TimeSpan.Zero),
                new Fault(FaultKind.Partition, "trainer", 50, TimeSpan.FromSeconds(3)), new Fault(FaultKind.Flip, "trainer", 55, TimeSpan.Zero), new Fault(
                    FaultKind.Kill, "all", 60, TimeSpan.Zero),
            ],
            schedule.Faults);
        Assert.Equal(
            "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:mixer@40,kill:coordinator@46,partition:trainer@50/3s,flip:trainer@55,kill:all@60",
            schedule.ToString());
    }

    [Theory]
    [InlineData("hang:trainer-2@3/500ms", 500)]
    [InlineData("hang:mixer@3/1.5s", 1500)]
    [InlineData("partition:trainer@3/2m", 120_000)]
    [InlineData("partition:trainer@3", 3000)]
    public void A_duration_has_a_unit(string text, int milliseconds) =>
        Assert.Equal(milliseconds, Assert.Single(FaultSchedule.Parse(text).Faults).Duration.TotalMilliseconds);

    [Fact]
    public void Faults_are_due_once_when_their_step_or_a_later_one_was_reported()
    {
        var schedule = FaultSchedule.Parse("kill:trainer@12,join@13,drain:trainer@20");
        var (none, same) = schedule.Take(11);
        Assert.Empty(none);
        Assert.Same(schedule, same);
        var (due, later) = schedule.Take(15);
        Assert.Equal("kill,join", string.Join(',', due.Select(fault => fault.Word)));
        Assert.Empty(later.Take(15).Due);
        Assert.Equal("drain", Assert.Single(later.Take(20).Due).Word);
    }

    [Fact]
    public void An_empty_schedule_is_none() => Assert.Empty(FaultSchedule.Parse("").Faults);

    [Theory]
    [InlineData("kill", "kind:target@step")]
    [InlineData("kill:trainer@", "kind:target@step")]
    [InlineData("kill:trainer@12/3", "kind:target@step")]
    [InlineData("explode:trainer@12", "one of kill, join, drain, hang, partition, flip")]
    [InlineData("kill:trainer@0", "a step from 1 up")]
    [InlineData("kill@12", "does not say whom")]
    [InlineData("kill:tariner@12", "must be a role (trainer, mixer, loader, evaluator, coordinator)")]
    [InlineData("hang:all@12", "only kill can be")]
    [InlineData("drain:mixer@12", "only a trainer can be the target of drain")]
    [InlineData("flip:coordinator@12", "only a trainer can be the target of flip")]
    [InlineData("nan:mixer@12", "only a trainer can be the target of nan")]
    [InlineData("stall:trainer@12/3s", "stall takes none")]
    [InlineData("hang:mixer@12", "give a duration")]
    [InlineData("kill:trainer@12/3s", "kill takes none")]
    [InlineData("join:trainer-7@12", "as in join@20")]
    [InlineData("partition:trainer@12/0s", "not larger than 0")]
    [InlineData("partition:trainer@12/61m", "an hour is the most")]
    public void A_mistake_is_named_in_one_line_with_what_would_be_right(string text, string expected)
    {
        var error = Assert.Throws<RunError>(() => FaultSchedule.Parse("join@3," + text));
        Assert.StartsWith($"--faults: \"{text}\"", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void The_same_seed_draws_the_same_schedule_and_it_reads_back()
    {
        var schedule = FaultSchedule.Random(7, 40, 5, 200, 3);
        Assert.Equal(schedule.ToString(), FaultSchedule.Random(7, 40, 5, 200, 3).ToString());
        Assert.NotEqual(schedule.ToString(), FaultSchedule.Random(8, 40, 5, 200, 3).ToString());
        Assert.Equal(schedule.Faults, FaultSchedule.Parse(schedule.ToString()).Faults);
        Assert.Equal(40, schedule.Faults.Count);
        Assert.All(schedule.Faults, fault => Assert.InRange(fault.Step, 5, 200));
    }

    [Fact]
    public void Random_faults_leave_about_as_many_trainers_as_there_were_and_never_flip_bits()
    {
        for (var seed = 0UL; seed < 50; seed++)
        {
            var there = 3;
            foreach (var fault in FaultSchedule.Random(seed, 100, 1, 1000, 3).Faults)
            {
                there += fault.Kind switch { FaultKind.Join => 1, FaultKind.Drain => -1, _ => 0 };
                Assert.InRange(there, 2, 4);
                Assert.False(fault.Kind == FaultKind.Flip || fault.IsLie);
            }
        }
    }

    [Fact]
    public void Random_faults_are_of_all_other_kinds()
    {
        var faults = FaultSchedule.Random(1, 300, 1, 1000, 3).Faults;
        Assert.Equal(5, faults.Select(fault => fault.Kind).Distinct().Count());
        Assert.Equal(4, faults.Select(fault => fault.Target).Distinct().Count());
    }
}
