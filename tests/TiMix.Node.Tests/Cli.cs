using TiMix.Node.Commands;
using TiMix.Node.Processes;

namespace TiMix.Node.Tests;

/// <summary>What one call of the program came to.</summary>
internal sealed record Cli(int Code, string Output, string Error)
{
    public static async Task<Cli> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await TimixProgram.RunAsync(arguments, output, error);
        return new Cli(code, output.ToString(), error.ToString());
    }

    /// <summary>One line that says what would be right, exit code 2.</summary>
    public void IsMistake(string expected)
    {
        Assert.True(Code == ExitCode.Mistake, $"{Code}: {Output}{Error}");
        Assert.StartsWith("timix: ", Error, StringComparison.Ordinal);
        Assert.Contains(expected, Error, StringComparison.Ordinal);
        Assert.Single(Error.TrimEnd().Split('\n'), line => !line.StartsWith("See: timix", StringComparison.Ordinal));
    }
}
