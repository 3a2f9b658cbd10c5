using System.IO.Hashing;
using System.Text;

namespace TiMix.Exchange.Groups;

/// <summary>One process of a group.</summary>
/// <param name="Id">Unique within the view.</param>
/// <param name="Endpoint">"host:port" of its exchange node.</param>
/// <param name="First">Its first micro-batch.</param>
/// <param name="Count">How many it has; 0 when there are more members than micro-batches.</param>
public sealed record GroupMember(string Id, string Endpoint, int First, int Count);

/// <summary>Who computes which micro-batches from one generation on.</summary>
/// <param name="Run">Name of the run.</param>
/// <param name="Generation">Grows with every view of the run.</param>
/// <param name="Members">In an order on which all agree.</param>
/// <param name="MicroBatches">V: the shares cover [0, V), each once.</param>
public sealed record GroupView(string Run, long Generation, IReadOnlyList<GroupMember> Members, int MicroBatches)
{
    /// <exception cref="ArgumentException">The shares do not cover the micro-batches, or a member is there twice.</exception>
    internal void Validate(int self)
    {
        if (self < 0 || self >= Members.Count)
        {
            throw new ArgumentException($"Member {self} of a view with {Members.Count} members.");
        }

        if (MicroBatches < 1)
        {
            throw new ArgumentException($"A view with {MicroBatches} micro-batches; at least one is needed.");
        }

        if (Members.Select(member => member.Id).Distinct(StringComparer.Ordinal).Count() != Members.Count)
        {
            throw new ArgumentException($"A view in which a member is twice: {string.Join(", ", Members.Select(member => member.Id))}.");
        }

        var next = 0;
        foreach (var member in Members.Where(member => member.Count != 0).OrderBy(member => member.First))
        {
            if (member.Count < 0 || member.First != next || member.Count > MicroBatches - next)
            {
                throw new ArgumentException(
                    $"{member.Id} has {member.Count} micro-batches from {member.First} on; the next share begins at {next} of {MicroBatches}.");
            }

            next += member.Count;
        }

        if (next != MicroBatches)
        {
            throw new ArgumentException($"The shares end at micro-batch {next} of {MicroBatches}.");
        }
    }

    /// <summary>By which members make sure at the handshake that they mean the same view.</summary>
    internal ulong Fingerprint()
    {
        var text = new StringBuilder().Append(Run).Append('\n').Append(Generation).Append('\n').Append(MicroBatches);
        foreach (var member in Members)
        {
            text.Append('\n').Append(member.Id).Append('\t').Append(member.First).Append('\t').Append(member.Count);
        }

        return XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text.ToString()));
    }
}

/// <summary>A member held lost.</summary>
/// <param name="Member">Its id.</param>
/// <param name="Reason">What was seen of it.</param>
/// <param name="Lied">It has sent what nobody sends in good faith.</param>
public sealed record Suspect(string Member, string Reason, bool Lied = false);

/// <summary>What a member gave to a sum, and is not finite.</summary>
/// <param name="Member">Its index in the view.</param>
/// <param name="Lo">First micro-batch of the node.</param>
/// <param name="Hi">One past the last one.</param>
public sealed record NotFiniteNode(int Member, int Lo, int Hi);

/// <summary>What can be known of a sum that is not finite.</summary>
/// <param name="Given">Nodes that were not finite, as this process saw them in those parts of the sum that it finished itself.</param>
/// <param name="Finishers">Indices of the members who finished the parts of the sum that are not finite; all members find the same.</param>
public sealed record NotFiniteSum(IReadOnlyList<NotFiniteNode> Given, IReadOnlyList<int> Finishers);

/// <summary>One member's part of a gather.</summary>
/// <param name="Member">Its id.</param>
/// <param name="Flags">What it said beside the bytes.</param>
/// <param name="Payload">Its bytes; valid until the next call on the group.</param>
public sealed record Part(string Member, uint Flags, ReadOnlyMemory<byte> Payload);

/// <summary>The group cannot go on: a peer is lost, has ended its part, or <see cref="Group.Abort"/> was called.</summary>
public sealed class GroupBrokenException : IOException
{
    /// <param name="message">One line.</param>
    /// <param name="suspects">Peers held lost.</param>
    public GroupBrokenException(string message, IReadOnlyList<Suspect> suspects)
        : base(message) => Suspects = suspects;

    /// <summary>Peers held lost; empty when the group was aborted here, or a peer has ended its part in good order.</summary>
    public IReadOnlyList<Suspect> Suspects { get; }
}
