using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Values.JoinRefusalKind;

namespace TiMix.Protocol.Tests.Coordination;

/// <summary>Who may take part, and whose a name is.</summary>
public sealed class AdmissionTests
{
    private static readonly RunIdentity Run = new("a", "1.0", "/runs/a", "1d", "aa");
    private readonly Admission _door = new(Run, 2_500);

    [Theory]
    [InlineData("b", "1.0", "1d", "aa", "trainer", OtherRun)]
    [InlineData("a", "1.1", "1d", "aa", "loader", OtherVersion)]
    [InlineData("a", "1.0", "2d", "aa", "trainer", OtherDirectory)]
    [InlineData("a", "1.0", "2d", "aa", "evaluator", OtherDirectory)]
    [InlineData("a", "1.0", "1d", "bb", "coordinator", OtherRecipe)]
    [InlineData("a", "1.0", "1d", "bb", "trainer", null)]
    [InlineData("a", "1.0", "2d", "aa", "loader", null)]
    [InlineData("a", "1.0", null, null, "mixer", null)]
    [InlineData("a", "1.0", "1d", "aa", "coordinator", null)]
    public void What_a_node_means_by_the_run_has_to_be_that_run(string run, string version, string? id, string? recipe, string role, JoinRefusalKind? why)
    {
        var asked = Asks("n", 1, "x:1", new RunIdentity(run, version, "/runs/n", id, recipe), role);
        Assert.Equal(why, _door.Judge("n", asked, 0).Why?.Kind);
    }

    [Fact]
    public void A_share_that_shows_the_runs_id_late_costs_nobody_his_place_and_one_that_never_does_is_another_directory()
    {
        var blind = Run with { RunId = null };
        Assert.Equal(Verdict.Later, _door.Judge("n", Asks("n", 1, "x:1", blind, "trainer"), 0));
        Assert.Equal(Verdict.Later, _door.Judge("n", Asks("n", 31, "x:1", blind, "trainer"), 30_000));
        Assert.Equal(Verdict.Welcome, _door.Judge("n", Asks("n", 32, "x:1", Run, "trainer"), 31_000));
        Assert.Equal(Verdict.Later, _door.Judge("m", Asks("m", 1, "y:1", blind, "evaluator"), 31_000));
        Assert.Equal(OtherDirectory, _door.Judge("m", Asks("m", 36, "y:1", blind, "evaluator"), 66_000).Why?.Kind);
        Assert.Equal(OtherRun, _door.Judge("o", Asks("o", 1, "z:1", blind with { Run = "b" }, "trainer"), 66_000).Why?.Kind);
    }

    [Fact]
    public void A_node_whose_trainer_or_service_is_heard_lives_however_late_its_own_word_comes()
    {
        Judge("first", 10, 0);
        Assert.Equal(Verdict.Later, Judge("second", 0.1, 200));
        _door.Hear("n", 2_400);
        Assert.Equal(Verdict.Later, Judge("second", 4.6, 4_800));
        Judge("first", 14.9, 4_900);
        Assert.Equal(NameTaken, Judge("second", 4.8, 5_000).Why!.Kind);
    }

    [Fact]
    public void A_node_of_a_version_that_says_nothing_of_itself_is_refused_and_where_nobody_is_asked_it_is_welcome()
    {
        Assert.Equal(OtherVersion, _door.Judge("n", new NodeMessages.DescribeRun("n"), 0).Why!.Kind);
        Assert.Equal(Verdict.Welcome, new Admission(null, 2_500).Judge("n", new NodeMessages.DescribeRun("n"), 0));
    }

    [Fact]
    public void The_second_of_two_nodes_of_one_name_waits_until_the_first_has_spoken_again_and_is_refused_then()
    {
        Assert.Equal(Verdict.Welcome, Judge("first", 10, 0));
        Assert.Equal(Verdict.Later, Judge("second", 0.1, 600));
        Judge("first", 11, 1_000);
        Assert.Equal(Verdict.Later, Judge("second", 0.9, 1_400));
        Judge("first", 12, 2_000);
        var refused = Judge("second", 1.9, 2_400);
        Assert.Equal(new JoinRefusal(NameTaken, "n", "first:1"), refused.Why);
        Assert.True(refused.IsNews);
        Assert.False(Judge("second", 2.1, 2_500).IsNews);
        Assert.Equal(Verdict.Welcome, Judge("first", 72, 62_000));
        Assert.True(Judge("second", 62, 62_500).IsNews);
    }

    [Fact]
    public void A_node_that_comes_back_after_its_process_has_died_has_its_name_as_soon_as_that_is_known()
    {
        Judge("first", 10, 0);
        Assert.Equal(Verdict.Later, Judge("second", 0.1, 900));
        Assert.Equal(Verdict.Later, Judge("second", 1.1, 2_500));
        Assert.Equal(Verdict.Welcome, Judge("second", 1.2, 2_501));
        Assert.Equal(Verdict.Later, Judge("third", 0, 2_600));
        _door.Bury("n", 2_650);
        Assert.Equal(Verdict.Welcome, Judge("third", 0.1, 2_700));

        // On its port it can only be its successor.
        Assert.Equal(Verdict.Welcome, _door.Judge("fourth", Asks("n", 0, "third:1", Run, "trainer"), 2_800));
    }

    [Fact]
    public void What_a_dead_one_had_said_and_comes_late_does_not_make_it_live()
    {
        Judge("first", 10, 0);
        Assert.Equal(Verdict.Later, Judge("second", 0.1, 200));
        Judge("first", 10.1, 4_000);
        Assert.Equal(Verdict.Later, Judge("second", 4, 4_100));
        _door.Bury("n", 4_150);
        Judge("first", 10.1, 4_200);
        Assert.Equal(Verdict.Later, Judge("second", 6.5, 6_600));
        Assert.Equal(Verdict.Welcome, Judge("second", 6.6, 6_701));
    }

    /// <summary>Which of its messages comes when is nothing that a coordinator may build on.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_dead_one_had_said_does_not_cost_its_successor_the_name_with_a_new_coordinator(bool isKnown)
    {
        if (isKnown)
        {
            Judge("first", 10, 0);
        }

        _door.Bury("n", 100);
        Assert.Equal(Verdict.Welcome, Judge("second", 0.1, 300));
        Assert.Equal(Verdict.Later, Judge("first", 10, 2_000));
        Assert.Equal(Verdict.Welcome, Judge("second", 2, 2_200));

        // The news of the death comes again.
        _door.Bury("n", 2_300);
        Assert.NotEqual(Verdict.Welcome, Judge("first", 10.1, 4_000));
        Assert.Equal(Verdict.Welcome, Judge("second", 4, 4_200));
    }

    [Fact]
    public void A_new_coordinator_lets_the_older_of_two_have_the_name_whoever_spoke_first()
    {
        Assert.Equal(Verdict.Welcome, Judge("second", 0.1, 0));
        Assert.Equal(Verdict.Welcome, Judge("first", 100, 700));
        Assert.Equal(Verdict.Later, Judge("second", 1.1, 1_000));
        Judge("first", 101, 1_700);
        Assert.Equal(NameTaken, Judge("second", 2.1, 2_000).Why!.Kind);

        // Later one that has stood still and was replaced does not get it back.
        Judge("first", 104, 5_000);
        Assert.Equal(Verdict.Later, Judge("third", 200, 5_100));
    }

    [Fact]
    public void Nobody_is_taken_for_dead_while_the_coordinator_was_away()
    {
        Judge("first", 10, 0);
        Assert.Equal(Verdict.Later, Judge("second", 0.1, 100));
        _door.Wake(60_000);
        Assert.Equal(Verdict.Later, Judge("second", 60.1, 60_100));
        Judge("first", 70, 60_200);
        Assert.Equal(NameTaken, Judge("second", 61, 61_000).Why!.Kind);
    }

    [Fact]
    public void The_user_of_the_run_hears_of_who_was_refused_and_nothing_else_happens()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("node-x", new NodeMessages.DescribeRun("x", null, new JoinClaim(Run with { Run = "other" }, ["trainer"], "10.0.0.9:4", 3)));
        Assert.Equal(new JoinRefusal(OtherRun, "other", "run"), Assert.IsType<NodeMessages.JoinRefused>(Assert.Single(desk.SentTo("node-x"))).Why);
        var told = Assert.IsType<Protocol.Notices.Notice.NodeRefused>(Assert.Single(desk.Published<MonitorMessages.Told>()).Notice);
        Assert.Equal(("x", "10.0.0.9:4"), (told.Node, told.Address));
        desk.Hear("asker", new NodeMessages.DescribeCluster());
        Assert.DoesNotContain("x", ((ClusterDescription)desk.SentTo("asker")[^1]).Nodes.Select(node => node.Node));
    }

    private Verdict Judge(string who, double up, long now) => _door.Judge(who, Asks("n", up, who + ":1", Run, "trainer"), now);

    private static NodeMessages.DescribeRun Asks(string node, double up, string address, RunIdentity wants, string role) =>
        new(node, null, new JoinClaim(wants, [role], address, up));
}
