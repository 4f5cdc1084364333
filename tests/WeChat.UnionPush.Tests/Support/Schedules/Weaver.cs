using System.Reflection;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// Makes a copy of the library whose order of work a <see cref="Schedule"/> decides. The code is the compiled one; changed are only calls of the framework: continuations
/// stay within the schedule (<c>ConfigureAwait</c>), tasks, locks, semaphores and cancellations are those of <see cref="Woven"/>, and others may come first before each
/// atomic operation and, in chosen types, before each access to a field that changes and behind each await.
/// </summary>
internal static class Weaver
{
    private static readonly HashSet<string> Atomic = new(StringComparer.Ordinal) { "System.Threading.Interlocked", "System.Threading.Volatile" };

    /// <param name="path">The library.</param>
    /// <param name="stepsAtFields">Whether others may come between accesses to the fields of a type.</param>
    /// <returns>The copy.</returns>
    public static byte[] Weave(string path, Func<string, bool> stepsAtFields)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(path);
        var module = assembly.MainModule;
        var point = module.ImportReference(typeof(Woven).GetMethod(nameof(Woven.Point)));
        var replacements = typeof(Woven).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(static method => method.GetCustomAttribute<Woven.ReplacesAttribute>() is not null)
            .ToLookup(
                method => KeyOf(method.GetCustomAttribute<Woven.ReplacesAttribute>()!, module.ImportReference(method)),
                method => module.ImportReference(method),
                StringComparer.Ordinal);
        foreach (var type in module.GetTypes())
        {
            // Lambdas and state machines lie in nested types of the compiler's.
            var owner = type;
            while (owner.DeclaringType is { } outer)
            {
                owner = outer;
            }

            foreach (var method in type.Methods.Where(static method => method.HasBody))
            {
                Weave(method, replacements, point, stepsAtFields(owner.Name.Split('`')[0]));
            }
        }

        using var copy = new MemoryStream();
        assembly.Write(copy);
        return copy.ToArray();
    }

    private static void Weave(MethodDefinition method, ILookup<string, MethodReference> replacements, MethodReference point, bool stepsAtFields)
    {
        var body = method.Body;
        if (!body.Instructions.Any(static one => one.OpCode.FlowControl == FlowControl.Call || one.Operand is FieldReference))
        {
            return;
        }

        body.SimplifyMacros();
        var il = body.GetILProcessor();
        foreach (var instruction in body.Instructions.ToArray())
        {
            if (instruction.Operand is FieldReference field && stepsAtFields && instruction.OpCode.Code is Code.Ldfld or Code.Stfld && IsState(field, method))
            {
                Before(il, instruction.Previous?.OpCode == OpCodes.Volatile ? instruction.Previous : instruction, $"{method.Name}, {field.Name}", point);
            }

            if (instruction.Operand is not MethodReference called || instruction.OpCode.Code is not (Code.Call or Code.Callvirt))
            {
                continue;
            }

            if (Atomic.Contains(called.DeclaringType.FullName)
                || (stepsAtFields && called.Name == "GetResult" && called.DeclaringType.Name.Contains("Awaiter", StringComparison.Ordinal)))
            {
                Before(il, instruction, $"{method.Name}, {called.Name}", point);
            }
            else if (called.Name == "ConfigureAwait" && called.Parameters[^1].ParameterType.Name is var kind)
            {
                // On the captured context, which is the schedule's.
                il.InsertBefore(instruction, il.Create(kind == "Boolean" ? OpCodes.Pop : OpCodes.Nop));
                il.InsertBefore(instruction, il.Create(OpCodes.Ldc_I4, 1));
                il.InsertBefore(instruction, il.Create(kind == "Boolean" ? OpCodes.Nop : OpCodes.Or));
            }
            else
            {
                var isConstrained = instruction.Previous is { OpCode.Code: Code.Constrained };
                var target = isConstrained ? (TypeReference)instruction.Previous!.Operand! : called.DeclaringType;
                if (replacements[KeyOf(called, target)].FirstOrDefault() is { } replacement)
                {
                    if (isConstrained)
                    {
                        instruction.Previous!.OpCode = OpCodes.Nop;
                        instruction.Previous.Operand = null;
                    }

                    instruction.OpCode = OpCodes.Call;
                    instruction.Operand = Instance(replacement, called);
                }
            }
        }

        body.OptimizeMacros();
    }

    private static bool IsState(FieldReference field, MethodDefinition method) =>
        !field.Name.StartsWith('<') && field.Resolve() is { IsStatic: false } own
        && (!own.IsInitOnly || own.FieldType.Namespace.StartsWith("System.Collections", StringComparison.Ordinal))
        && own.Module == method.Module
        && !own.DeclaringType.IsValueType
        && !own.DeclaringType.Name.StartsWith('<') && !method.IsConstructor;

    // The instruction may be where a jump leads; then the jump leads to the point.
    private static void Before(ILProcessor il, Instruction instruction, string where, MethodReference point)
    {
        var copy = il.Create(OpCodes.Nop);
        (copy.OpCode, copy.Operand) = (instruction.OpCode, instruction.Operand);
        il.InsertAfter(instruction, copy);
        il.InsertAfter(instruction, il.Create(OpCodes.Call, point));
        (instruction.OpCode, instruction.Operand) = (OpCodes.Ldstr, where);
    }

    private static MethodReference Instance(MethodReference replacement, MethodReference called)
    {
        if (!replacement.HasGenericParameters)
        {
            return replacement;
        }

        var instance = new GenericInstanceMethod(replacement);
        foreach (var argument in called is GenericInstanceMethod generic ? generic.GenericArguments : ((GenericInstanceType)called.DeclaringType).GenericArguments)
        {
            instance.GenericArguments.Add(argument);
        }

        return instance;
    }

    private static string KeyOf(MethodReference called, TypeReference target)
    {
        var element = called.GetElementMethod();
        return $"{target.GetElementType().FullName}.{called.Name}({string.Join(',', element.Parameters.Select(static one => NameOf(one.ParameterType)))})";
    }

    private static string KeyOf(Woven.ReplacesAttribute replaces, MethodReference stub)
    {
        var target = replaces.Type.Assembly.GetType(replaces.Type.FullName!)!;
        var isInstance = target.GetMember(replaces.Name ?? stub.Name).OfType<MethodInfo>().Any(static one => !one.IsStatic);
        return $"{target.FullName}.{replaces.Name ?? stub.Name}({string.Join(',', stub.Parameters.Skip(isInstance ? 1 : 0).Select(static one => NameOf(one.ParameterType)))})";
    }

    // The same whether a parameter is the type's or the method's, and whatever it is called.
    private static string NameOf(TypeReference type) => type switch
    {
        GenericParameter => "?",
        GenericInstanceType generic => $"{generic.ElementType.FullName}<{string.Join(',', generic.GenericArguments.Select(NameOf))}>",
        _ => type.FullName,
    };
}
