using TiMix.Node.Processes;

namespace TiMix.Node.Tests.Processes;

public sealed class OpenFilesTests
{
    private const string Limits = """
        Limit                     Soft Limit           Hard Limit           Units
        Max cpu time              unlimited            unlimited            seconds
        Max open files            {0}                  {1}                  files
        Max locked memory         8388608              8388608              bytes
        """;

    [Theory]
    [InlineData("200", "200", "200 are allowed here")]
    [InlineData("64", "511", "511 are allowed here")]
    [InlineData("64", "512", null)] // the runtime raises the first to the second
    [InlineData("1024", "1048576", null)]
    [InlineData("unlimited", "unlimited", null)]
    public void Too_few_open_files_are_said_before_anything_begins(string soft, string hard, string? said)
    {
        var line = OpenFiles.Lacking("train", Limits.Replace("{0}", soft, StringComparison.Ordinal).Replace("{1}", hard, StringComparison.Ordinal));
        if (said is null)
        {
            Assert.Null(line);
        }
        else
        {
            Assert.Contains(said, line, StringComparison.Ordinal);
            Assert.Contains("at least 512 open files are needed", line, StringComparison.Ordinal);
            Assert.Contains("ulimit -n", line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', line!);
        }
    }

    [Fact]
    public void Other_commands_and_other_systems_are_left_alone()
    {
        Assert.Null(OpenFiles.Lacking(["data", "inspect", "x.tar"]));
        Assert.Null(OpenFiles.Lacking([]));
        Assert.Null(OpenFiles.Lacking("train", "nothing of the kind"));
    }
}
