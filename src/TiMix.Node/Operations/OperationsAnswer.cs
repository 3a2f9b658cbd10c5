using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;

namespace TiMix.Node.Operations;

/// <summary>What became of a wish.</summary>
/// <param name="Done">Whether it is being done.</param>
/// <param name="Text">What was done and what happens next, or why not and what would be right.</param>
/// <param name="Code">The same for programs, as in "last-trainer-leaves".</param>
internal sealed record OperationsAnswer(bool Done, string Text, string Code)
{
    /// <summary>Whether the wish names something that is not there.</summary>
    [JsonIgnore]
    public bool Unknown { get; init; }

    /// <summary>An answer in words.</summary>
    /// <param name="answer">Its type is the code.</param>
    /// <param name="done">Whether it is being done.</param>
    /// <param name="text">The words.</param>
    public static OperationsAnswer Of(object answer, bool done, string text) => new(done, text, OperationsJson.CodeOf(answer));

    /// <summary>The wish never reached the run.</summary>
    /// <param name="status">Of HTTP; its name is the code.</param>
    /// <param name="text">Why, and what would be right.</param>
    public static OperationsAnswer Refused(int status, string text) => new(false, text, OperationsJson.CodeOf(ReasonPhrases.GetReasonPhrase(status)));
}
