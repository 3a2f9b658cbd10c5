using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Serving;

/// <summary>What a mixer decides, at given times. The teacher's version j serves the steps [10 (j + 1), 10 (j + 2)), and 0 those before too.</summary>
public sealed class MixerCoreTests
{
    private sealed record Content(string Name) : IContent;

    private static readonly RunPlan Plan = new() { Steps = 100, MicroBatches = 4, Prefetch = 3, TeacherRefreshEvery = 10 };
    private readonly MixerCore _mixer = new(Plan, new TeacherNeed(long.MaxValue, 50));
    private long _now;

    [Fact]
    public void A_micro_batch_is_loaded_mixed_with_its_teacher_and_given_to_whoever_asked()
    {
        Hear("coordinator", Roster("loader-1"));
        Assert.Equal([Load("loader-1", 0, 1)], Hear("t1", new MixerMessages.Mix(1, 0, 1)));
        Assert.Equal([new Send("t1", new MixerMessages.WantTeacher(1, 0))], Hear("loader-1", Loaded(0, 1)));
        Assert.Equal([new MixerEffects.FetchTeacher(1, 0, new Content("teacher"))], Hear("t1", Teacher(1, 0)));
        Assert.Equal([new MixerEffects.Mix(1, 0, 1, Samples(0, 1), 0)], Do(new MixerInputs.TeacherFetched(1, 0, true)));
        Assert.Equal([Answer("t1", 1, 0, 1)], Do(Mixed(1, 0, 1)));
        Assert.Empty(_mixer.UnderWay);
        Assert.Empty(After(5000));
    }

    [Fact]
    public void Only_trainers_of_the_roster_are_served_and_only_of_lineages_that_can_be()
    {
        Assert.Empty(Hear("t1", new MixerMessages.Mix(1, 61, 0)));
        Assert.Equal([Load("loader-1", 61, 0)], Hear("coordinator", Roster("loader-1")));
        Assert.Empty(Hear("stranger", new MixerMessages.Mix(1, 60, 0)));
        Assert.Empty(Hear("stranger", Teacher(1, 0)));
        Assert.Empty(Hear("t1", Teacher(10, 0)));
        Assert.Empty(Hear("t1", Teacher(long.MaxValue, 0)));
        Assert.Empty(Hear("t1", Teacher(1, 11)));
        Assert.Empty(Hear("t1", new MixerMessages.Mix(long.MaxValue, 60, 0)));
        Assert.Empty(Hear("t1", new MixerMessages.Mix(1, 100, 0)));
        Assert.Empty(Hear("t1", new MixerMessages.Mix(1, 60, 4)));
        Assert.Empty(Hear("coordinator", Roster("loader-1")));
        Assert.Contains(Load("loader-1", 60, 0), Hear("t1", new MixerMessages.Mix(9, 60, 0)));
    }

    [Fact]
    public void A_step_that_does_not_need_the_teacher_does_not_wait_for_it()
    {
        Hear("coordinator", Roster("loader-1"));
        Hear("t1", new MixerMessages.Mix(1, 50, 0));
        Assert.Equal([new MixerEffects.Mix(1, 50, 0, Samples(50, 0), null)], Hear("loader-1", Loaded(50, 0)));
    }

    [Fact]
    public void Asking_again_for_what_is_under_way_changes_only_who_is_answered()
    {
        Begin(0, 0);
        Assert.Empty(Hear("t2", new MixerMessages.Mix(1, 0, 0)));
        Hear("loader-1", Loaded(0, 0));
        Assert.Empty(Hear("t3", new MixerMessages.Mix(1, 0, 0)));
        Assert.Equal([Answer("t3", 1, 0, 0)], Do(Mixed(1, 0, 0)));
    }

    /// <summary>Two that are to join, and the one that computes it as long as they have not: nobody waits for what another one got.</summary>
    [Fact]
    public void Who_asks_for_it_as_one_of_the_next_view_gets_it_as_well_and_afterwards()
    {
        Begin(0, 0);
        Assert.Empty(Hear("t2", new MixerMessages.Mix(1, 0, 0, Ahead: true)));
        Assert.Empty(Hear("t3", new MixerMessages.Mix(1, 0, 0, Ahead: true)));
        Hear("loader-1", Loaded(0, 0));
        Assert.Equal([Answer("t1", 1, 0, 0), Load("loader-1", 0, 0)], Do(Mixed(1, 0, 0)));
        Hear("loader-1", Loaded(0, 0));

        // One of them computes it by now.
        Assert.Empty(Hear("t3", new MixerMessages.Mix(1, 0, 0)));
        Assert.Equal([Answer("t3", 1, 0, 0), Load("loader-1", 0, 0)], Do(Mixed(1, 0, 0)));
        Hear("loader-1", Loaded(0, 0));
        Assert.Equal([Answer("t2", 1, 0, 0)], Do(Mixed(1, 0, 0)));
    }

    [Fact]
    public void A_loader_that_does_not_answer_is_given_up_for_another_one_and_what_both_give_is_taken_once()
    {
        Hear("coordinator", Roster("loader-1", "loader-2"));
        Assert.Equal([Load("loader-1", 60, 0)], Hear("t1", new MixerMessages.Mix(1, 60, 0)));
        Assert.Empty(After(MixerCore.AskLoaderAgainAfter - 1));
        Assert.Equal([Load("loader-2", 60, 0)], After(1));
        Assert.Single(Hear("loader-2", Loaded(60, 0)).OfType<MixerEffects.Mix>());
        Assert.Equal([new MixerEffects.Release(Samples(60, 0))], Hear("loader-1", Loaded(60, 0)));
        Do(Mixed(1, 60, 0));
        Assert.Equal([new MixerEffects.Release(Samples(60, 0))], Hear("loader-1", Loaded(60, 0)));
    }

    [Fact]
    public void When_other_loaders_are_there_those_are_asked_at_once_and_when_none_is_named_the_old_ones_stay()
    {
        Assert.Empty(Hear("t1", new MixerMessages.Mix(1, 60, 0)));
        Assert.Equal([Load("loader-1", 60, 0)], Hear("coordinator", Roster("loader-1")));
        Assert.Empty(Hear("coordinator", Roster("loader-1")));
        Assert.Equal([Load("loader-9", 60, 0)], Hear("coordinator", Roster("loader-9")));
        Assert.Empty(Hear("coordinator", Roster()));
        Assert.Equal([Load("loader-9", 60, 0)], After(MixerCore.AskLoaderAgainAfter));
    }

    [Fact]
    public void Samples_that_were_gone_with_their_loader_are_loaded_again_by_another_one()
    {
        Hear("coordinator", Roster("loader-1", "loader-2"));
        Hear("t1", new MixerMessages.Mix(1, 60, 0));
        Hear("loader-1", Loaded(60, 0));
        Assert.Equal([Load("loader-2", 60, 0)], Do(new MixerInputs.Mixed(1, 60, 0, null)));
        Assert.Equal([new MixerEffects.Mix(1, 60, 0, Samples(60, 0), null)], Hear("loader-2", Loaded(60, 0)));
        Assert.Equal([Answer("t1", 1, 60, 0)], Do(Mixed(1, 60, 0)));
    }

    [Fact]
    public void Data_that_are_broken_are_said_to_whoever_asked_unless_another_loader_has_given_them()
    {
        Hear("coordinator", Roster("loader-1"));
        Hear("t1", new MixerMessages.Mix(1, 0, 0));
        Hear("t1", new MixerMessages.Mix(1, 0, 1));
        Assert.Equal([new Send("t1", new MixerMessages.MixFailed(1, 0, 0, "torn"))], Hear("loader-1", new LoaderMessages.LoadFailed(0, 0, "torn")));
        Hear("loader-1", Loaded(0, 1));
        Assert.Empty(Hear("loader-2", new LoaderMessages.LoadFailed(0, 1, "torn")));
        Assert.Equal([new MicroBatchKey(0, 1)], _mixer.UnderWay);
    }

    [Fact]
    public void A_teacher_that_comes_late_is_asked_for_again_of_all_who_wait_by_turns()
    {
        Hear("coordinator", Roster("loader-1"));
        foreach (var (asker, microBatch) in new[] { ("t1", 0), ("t2", 1) })
        {
            Hear(asker, new MixerMessages.Mix(1, 0, microBatch));
            Hear("loader-1", Loaded(0, microBatch));
        }

        Assert.Empty(After(MixerCore.AskForTeacherAgainAfter - 1));
        Assert.Equal([Want("t2", 1, 0)], After(1));
        Assert.Equal([Want("t1", 1, 0)], After(MixerCore.AskForTeacherAgainAfter));
        Hear("t2", Teacher(1, 0));
        Assert.Empty(After(5000));
        Assert.Equal([new MixerEffects.Release(new Content("teacher"))], Hear("t1", Teacher(1, 0)));
        Assert.Equal([0, 1], Do(new MixerInputs.TeacherFetched(1, 0, true)).Cast<MixerEffects.Mix>().Select(mix => mix.MicroBatch));
    }

    [Fact]
    public void A_teacher_that_was_gone_before_it_was_fetched_is_asked_for_again()
    {
        Hear("coordinator", Roster("loader-1"));
        Hear("t1", new MixerMessages.Mix(1, 0, 0));
        Hear("loader-1", Loaded(0, 0));
        Hear("t1", Teacher(1, 0));
        Assert.Empty(Do(new MixerInputs.TeacherFetched(1, 0, false)));
        Assert.Equal([Want("t1", 1, 0)], After(MixerCore.AskForTeacherAgainAfter));
        Assert.Single(Hear("t1", Teacher(1, 0)).OfType<MixerEffects.FetchTeacher>());
    }

    [Fact]
    public void Teachers_that_only_steps_long_past_want_are_dropped()
    {
        Begin(0, 0);
        Serve(0, 0);
        foreach (var version in new[] { 1, 2 })
        {
            Hear("t1", Teacher(1, version));
            Do(new MixerInputs.TeacherFetched(1, version, true));
        }

        Assert.DoesNotContain(Serve(20, 0), effect => effect is MixerEffects.DropTeacher);
        Assert.Equal([new MixerEffects.DropTeacher(1, 0), new MixerEffects.Mix(1, 30, 0, Samples(30, 0), 2)], Serve(30, 0));
    }

    [Fact]
    public void A_new_lineage_makes_void_the_teachers_and_all_that_was_asked_for()
    {
        Begin(0, 0);
        Hear("loader-1", Loaded(0, 0));
        Hear("t1", new MixerMessages.Mix(1, 0, 1));
        Hear("t1", new MixerMessages.Mix(1, 10, 2));
        Hear("t1", Teacher(1, 1));
        Assert.Equal(
            [new MixerEffects.DropTeacher(1, 0), Load("loader-1", 0, 0)],
            Hear("t1", new MixerMessages.Mix(4, 0, 0)));
        Assert.Equal([new MicroBatchKey(0, 0)], _mixer.UnderWay);
        Assert.Equal([new MixerEffects.Release(Answered(0, 0))], Do(Mixed(1, 0, 0)));
        Assert.Equal([new MixerEffects.DropTeacher(1, 1)], Do(new MixerInputs.TeacherFetched(1, 1, true)));
        Assert.Empty(Hear("t1", new MixerMessages.Mix(1, 0, 1)));
        Assert.Equal([new MixerEffects.Release(new Content("teacher"))], Hear("t1", Teacher(1, 0)));

        Assert.Equal([Want("t1", 4, 0)], Hear("loader-1", Loaded(0, 0)));
        Hear("t1", Teacher(4, 0));
        Assert.Equal([new MixerEffects.Mix(4, 0, 0, Samples(0, 0), 0)], Do(new MixerInputs.TeacherFetched(4, 0, true)));
        Assert.Equal([new MixerEffects.Release(Answered(0, 0))], Do(Mixed(1, 0, 0)));
        Assert.Equal([Answer("t1", 4, 0, 0)], Do(Mixed(4, 0, 0)));
    }

    [Fact]
    public void A_teacher_of_a_new_lineage_brings_it_and_samples_that_wait_are_released()
    {
        Hear("coordinator", Roster("loader-1"));
        Hear("t1", new MixerMessages.Mix(1, 0, 0));
        Hear("loader-1", Loaded(0, 0));
        Assert.Equal(
            [new MixerEffects.Release(Samples(0, 0)), new MixerEffects.FetchTeacher(2, 0, new Content("teacher"))],
            Hear("t1", Teacher(2, 0)));
        Assert.Empty(_mixer.UnderWay);
    }

    [Fact]
    public void What_steps_long_past_wanted_is_forgotten_with_its_samples()
    {
        Hear("coordinator", Roster("loader-1"));
        Hear("t1", new MixerMessages.Mix(1, 0, 0));
        Hear("loader-1", Loaded(0, 0));
        Hear("t1", new MixerMessages.Mix(1, 1, 1));
        Assert.Equal([Load("loader-1", 5, 0)], Hear("t1", new MixerMessages.Mix(1, 5, 0)));
        Assert.Equal([new MixerEffects.Release(Samples(0, 0)), Load("loader-1", 6, 0)], Hear("t1", new MixerMessages.Mix(1, 6, 0)));
        Assert.Equal([new MicroBatchKey(1, 1), new MicroBatchKey(5, 0), new MicroBatchKey(6, 0)], _mixer.UnderWay);
        Assert.Equal([Load("loader-1", 7, 0)], Hear("t1", new MixerMessages.Mix(1, 7, 0)));
        Assert.Equal([new MixerEffects.Release(Samples(1, 1))], Hear("loader-1", Loaded(1, 1)));
    }

    private static NodeMessages.Roster Roster(params string[] loaders) =>
        new(loaders, [], new[] { "t1", "t2", "t3" }.ToDictionary(trainer => trainer + "-id"), Generation: 9);

    private static Content Samples(long step, int microBatch) => new($"samples {step}/{microBatch}");

    private static Content Answered(long step, int microBatch) => new($"mixed {step}/{microBatch}");

    private static LoaderMessages.Loaded Loaded(long step, int microBatch) => new(step, microBatch, Samples(step, microBatch));

    private static MixerInputs.Mixed Mixed(long lineage, long step, int microBatch) => new(lineage, step, microBatch, Answered(step, microBatch));

    private static MixerMessages.TeacherPublished Teacher(long lineage, long version) => new(lineage, version, new Content("teacher"));

    private static Send Load(string loader, long step, int microBatch) => new(loader, new LoaderMessages.Load(step, microBatch));

    private static Send Want(string trainer, long lineage, long version) => new(trainer, new MixerMessages.WantTeacher(lineage, version));

    private static Send Answer(string trainer, long lineage, long step, int microBatch) =>
        new(trainer, new MixerMessages.Mixed(lineage, step, microBatch, Answered(step, microBatch)));

    /// <summary>One loader, the first teacher, and a trainer that asks for one micro-batch.</summary>
    private void Begin(long step, int microBatch)
    {
        Hear("coordinator", Roster("loader-1"));
        Hear("t1", Teacher(1, 0));
        Do(new MixerInputs.TeacherFetched(1, 0, true));
        Hear("t1", new MixerMessages.Mix(1, step, microBatch));
    }

    /// <summary>What follows from loaded samples.</summary>
    private IReadOnlyList<IEffect> Serve(long step, int microBatch)
    {
        Hear("t1", new MixerMessages.Mix(1, step, microBatch));
        var effects = Hear("loader-1", Loaded(step, microBatch));
        Do(Mixed(1, step, microBatch));
        return effects;
    }

    private IReadOnlyList<IEffect> After(long milliseconds)
    {
        _now += milliseconds;
        return Do(Tick.Instance);
    }

    private IReadOnlyList<IEffect> Hear(string from, ITiMixMessage message) => Do(new Received(from, message));

    private IReadOnlyList<IEffect> Do(IInput input) => _mixer.Handle(input, _now);
}
