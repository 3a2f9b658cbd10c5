using System.CommandLine;
using System.CommandLine.Parsing;
using TiMix.Base;

namespace TiMix.Node.Commands;

/// <summary>Commands and options that do not exist: the parser takes them for values of something else, and blames what follows.</summary>
internal static class Misspelling
{
    /// <summary>What is wrong and what may have been meant, in one line; null: every name is known.</summary>
    public static string? Of(ParseResult parsed)
    {
        var (command, path) = (parsed.CommandResult.Command, string.Join(' ', PathOf(parsed)));
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens is [var first, ..] && !first.StartsWith('-'))
        {
            return $"there is no command \"{path}{(path.Length == 0 ? "" : " ")}{first}\""
                + Meant(Spelling.Nearest(first, command.Subcommands.Select(known => known.Name)));
        }

        if (parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash))
        {
            return null;
        }

        var values = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens).Select(token => token.Value);
        if (parsed.UnmatchedTokens.Concat(values).FirstOrDefault(token => token.StartsWith("--", StringComparison.Ordinal)) is not { } option)
        {
            return null;
        }

        option = option.Split('=')[0];
        return $"\"timix{(path.Length == 0 ? "" : " ")}{path}\" has no option {option}"
            + Meant(Spelling.Nearest(option, command.Options.Where(known => !known.Hidden).Select(known => known.Name)));
    }

    /// <summary>The command's name, with those that it is under.</summary>
    public static IEnumerable<string> PathOf(ParseResult parsed)
    {
        var path = new Stack<string>();
        for (var result = parsed.CommandResult; result.Parent is CommandResult parent; result = parent)
        {
            path.Push(result.Command.Name);
        }

        return path;
    }

    private static string Meant(string? nearest) => nearest is null ? "." : $"; did you mean {nearest}?";
}
